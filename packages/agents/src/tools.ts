// The tools that agents share. A tool of one agent only stands in that agent's file.
import { z } from "zod";
import { defineTool } from "./define-agent.ts";

/** Characters of an article that a model gets to read. */
const ARTICLE_LENGTH = 4000;

/** Searches the tenant's knowledge base. */
export const searchKnowledge = defineTool({
  description:
    "Searches the business's knowledge base. Call it before you state any fact about the business, once per topic, with English keywords.",
  input: z.object({ query: z.string().min(1).max(300).describe("Keywords, such as: opening hours sunday") }),
  async execute({ query }, { searchKnowledge: search }) {
    const articles = await search(query, 5);
    if (articles.length === 0)
      return { articles: [], note: "Nothing was found. Do not guess: say so, and offer a person." };
    return { articles: articles.map(({ title, body }) => ({ title, body: body.slice(0, ARTICLE_LENGTH) })) };
  },
});

/** Brings a person into the conversation. */
export const requestPerson = defineTool({
  description:
    "Asks a person of the business to take over this conversation. Call it when the customer wants a person, complains, or needs something that you cannot do.",
  input: z.object({
    reason: z.string().min(1).max(500).describe("Why, in a few words, without names, numbers or other personal data"),
  }),
  execute({ reason }, { act, turn }) {
    if (turn.conversation.personRequested) return { done: true, note: "A colleague had been told already." };
    act({ type: "request_person", reason: reason.slice(0, 200) });
    return { done: true, note: "A colleague is told. Tell the customer so." };
  },
});
