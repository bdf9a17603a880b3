// What the engine says to an agent and what an agent answers: the HTTP contract of `POST <endpoint>/turn`.
import { z } from "zod";
import { mediaKinds } from "./media.ts";
import { outboundContent } from "./outbound.ts";

/** The file of a message. */
export const agentFile = z.object({
  kind: z.enum(mediaKinds),
  mimeType: z.string(),
  filename: z.string().optional(),
  sizeBytes: z.number().int(),
  /** Shows the file to whoever knows the address, for ten minutes. */
  url: z.url(),
});
/** The file of a message. */
export type AgentFile = z.infer<typeof agentFile>;

/** One message as the agent sees it. */
export const agentMessage = z.object({
  id: z.string(),
  type: z.string(),
  text: z.string(),
  content: z.record(z.string(), z.json()).optional(),
  /** How far its file came; missing when nobody fetches it. `pending`: the burst could not wait for it any longer; `failed`: it could not be had. */
  media: z.enum(["pending", "ready", "failed"]).optional(),
  /** Its file, when `media` is `ready`. */
  file: agentFile.optional(),
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

/** An open workflow of the conversation, as it was committed last. */
export const openWorkflow = z.object({
  id: z.uuid(),
  name: z.string(),
  step: z.string(),
  /** `waiting` for the customer; `running`: its step is to be done now. */
  status: z.enum(["waiting", "running"]),
  state: z.record(z.string(), z.json()),
  /** How many of its steps were committed. */
  version: z.number().int(),
  /** When the waiting ends. */
  expiresAt: z.string().nullable(),
  /** What rang for it, and called for this turn. */
  timer: z.enum(["remind", "timeout", "continue"]).nullable(),
});
/** An open workflow. */
export type OpenWorkflow = z.infer<typeof openWorkflow>;

/** A step of a workflow that is committed together with the answer, or not at all. */
export const workflowStep = z.object({
  /** Of the workflow; whoever begins one makes an id that is the same on every try of the turn. */
  id: z.uuid(),
  name: z.string().min(1).max(100),
  /** The version that the step builds upon; 0: it begins the workflow. */
  version: z.number().int().min(0),
  /** Where the workflow stands now. */
  step: z.string().min(1).max(100),
  /** `running`: the step is done next, in a turn of its own, unless another step follows in this answer. */
  status: z.enum(["waiting", "running", "completed", "failed", "timed_out", "cancelled"]),
  state: z.record(z.string(), z.json()),
  /** Longest wait for the customer, in seconds; missing: no limit. */
  waitSeconds: z.number().positive().optional(),
  /** When the customer is reminded, in seconds from now. */
  remindSeconds: z.number().positive().optional(),
  /** Why it failed; a code and a sentence, nothing personal. */
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});
/** A step of a workflow. */
export type WorkflowStep = z.infer<typeof workflowStep>;

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
  /** The open workflows of the conversation, oldest first. */
  workflows: z.array(openWorkflow).optional(),
  /** The burst, oldest first; empty when only the timer of a workflow calls for the turn. */
  messages: z.array(agentMessage),
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
  /** Steps of workflows, in their order. */
  workflows: z.array(workflowStep).max(20).optional(),
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
