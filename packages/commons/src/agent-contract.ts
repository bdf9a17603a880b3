// What the engine says to an agent and what an agent answers: the HTTP contract of `POST <endpoint>/turn`.
import { z } from "zod";
import { outboundContent } from "./outbound.ts";

/** One message as the agent sees it. */
export const agentMessage = z.object({
  id: z.string(),
  type: z.string(),
  text: z.string(),
  content: z.record(z.string(), z.json()).optional(),
  /** How far its file came; missing when nobody fetches it. `pending`: the burst could not wait for it any longer. */
  media: z.enum(["pending", "ready", "failed"]).optional(),
  at: z.string(),
});

/** One earlier message of the session. */
export const memoryMessage = z.object({
  role: z.enum(["user", "assistant", "person"]),
  text: z.string(),
  at: z.string(),
});
/** One earlier message of the session. */
export type MemoryMessage = z.infer<typeof memoryMessage>;

/** A turn: the burst of messages that one answer covers, and what is known around it. */
export const agentTurn = z.object({
  turnId: z.string(),
  correlationId: z.string(),
  /** Name of the agent, the part after `agent:` in the service's name. */
  agent: z.string(),
  shard: z.number().int(),
  tenant: z.object({ id: z.string(), slug: z.string(), name: z.string() }),
  conversation: z.object({ id: z.string(), personRequested: z.boolean() }),
  contact: z.object({ name: z.string().nullable() }),
  session: z.object({ id: z.string(), isNew: z.boolean() }),
  /** At most the last 20 messages of the session, oldest first. */
  memory: z.array(memoryMessage),
  /** The burst, oldest first; never empty. */
  messages: z.array(agentMessage).min(1),
});
/** A turn as it is sent to an agent. */
export type AgentTurn = z.infer<typeof agentTurn>;

/** Something that the agent asks the engine to do. */
export const agentAction = z.discriminatedUnion("type", [
  /** A person is wanted in this conversation. */
  z.object({ type: z.literal("request_person"), reason: z.string().max(200) }),
]);

/** An agent's answer. No replies is an answer too: it chose to stay silent. */
export const agentAnswer = z.object({
  replies: z.array(outboundContent).max(10),
  actions: z.array(agentAction).max(10).default([]),
  usage: z
    .object({
      model: z.string(),
      inputTokens: z.number().int().min(0),
      outputTokens: z.number().int().min(0),
      tools: z.array(z.string()),
    })
    .partial()
    .default({}),
  /** The tools that it called, in their order, for the conversation's timeline. */
  toolCalls: z
    .array(z.object({ name: z.string().min(1).max(100), ms: z.number().int().min(0), ok: z.boolean() }))
    .max(50)
    .optional(),
});
/** An agent's answer. */
export type AgentAnswer = z.infer<typeof agentAnswer>;
