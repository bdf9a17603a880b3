// Conversations: who it is with and who answers, what happened in it, taking it over and giving it back.
import {
  conversation,
  conversationTimeline,
  getConversation,
  pauseConversation,
  resumeConversation,
  timelineEntry,
} from "@switchboard/commons/db/api.ts";
import { z } from "zod";
import { operation } from "../operation.ts";
import { pageOf, pageQuery, readCursor, toPage } from "../page.ts";
import { time, toUtc } from "../time.ts";

const TAG = "Conversations";
const params = z.object({
  id: z.uuid().meta({ description: "The conversation's id.", example: "0191d9a4-7d1e-7c6f-8a3b-2f0b6c1d4e5f" }),
});

/** Looks at a conversation. */
export const getConversationOperation = operation({
  method: "get",
  path: "/v1/conversations/{id}",
  operationId: "getConversation",
  tag: TAG,
  summary: "Look at a conversation",
  description:
    "Who it is with and on which number, until when free text may be sent, whether the agent answers, what the person said about being written to, and what waits for a decision.",
  scope: "conversations:read",
  params,
  success: { status: 200, description: "The conversation.", schema: conversation },
  refusals: [404],
  handle: async ({ params, acting }, { db }) => ({ body: await getConversation(db, acting, params.id) }),
});

/** Takes a conversation over. */
export const pauseConversationOperation = operation({
  method: "post",
  path: "/v1/conversations/{id}/pause",
  operationId: "pauseConversation",
  tag: TAG,
  summary: "Keep the agent silent",
  description:
    "A person takes over: the agent does not answer until then. A pause that there is becomes this one. What the agent has queued already is sent.",
  scope: "conversations:write",
  params,
  body: z.strictObject({
    until: time.optional().meta({
      description: "When the agent answers again; left out: as long as after a message that a person writes.",
    }),
  }),
  success: { status: 200, description: "The agent is silent.", schema: conversation },
  refusals: [400, 404, 413, 415],
  handle: async ({ params, body, acting }, { db }) => ({
    body: await pauseConversation(db, acting, params.id, toUtc(body.until) ?? null),
  }),
});

/** Gives a conversation back. */
export const resumeConversationOperation = operation({
  method: "post",
  path: "/v1/conversations/{id}/resume",
  operationId: "resumeConversation",
  tag: TAG,
  summary: "Give a conversation back to the agent",
  description:
    "Ends the agent's pause and settles a request for a person. The agent answers what the customer writes from then on.",
  scope: "conversations:write",
  params,
  success: { status: 200, description: "The agent answers again.", schema: conversation },
  refusals: [404],
  handle: async ({ params, acting }, { db }) => ({ body: await resumeConversation(db, acting, params.id) }),
});

/** The cursor holds the last entry's time and the word that orders entries of one time. */
const cursorForm = z.strictObject({
  at: z.iso.datetime({ offset: true }),
  ref: z.string().regex(/^\d\d:[0-9a-f:-]{36,50}$/),
});

/** Reads a timeline. */
export const getTimeline = operation({
  method: "get",
  path: "/v1/conversations/{id}/timeline",
  operationId: "getTimeline",
  tag: TAG,
  summary: "Read a conversation's timeline",
  description:
    "Everything that happened in a conversation, newest first: messages, how far each came, tries at sending, the agent's turns and tools, steps of workflows, hand-offs, tasks, opt-outs.",
  scope: "conversations:read",
  params,
  query: z.strictObject(pageQuery),
  success: {
    status: 200,
    description: "A page of the timeline.",
    schema: pageOf(timelineEntry, "TimelinePage"),
    headers: z.object({ link: z.string().optional().meta({ description: 'The next page, rel="next".' }) }),
  },
  refusals: [404],
  handle: async ({ params, query, request, acting }, { db, publicUrl }) => {
    const before = readCursor(query.cursor, cursorForm);
    const page = await conversationTimeline(db, acting, params.id, { before, limit: query.limit });
    return toPage(page, new URL(`${publicUrl}/v1/conversations/${params.id}/timeline${new URL(request.url).search}`));
  },
});
