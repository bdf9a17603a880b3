// The agent service over HTTP: POST /turn answers one turn, GET /health says whether turns are taken.

import type { AgentTurn } from "@switchboard/commons/agent-contract.ts";
import { agentTurn } from "@switchboard/commons/agent-contract.ts";
import { AgentError } from "@switchboard/commons/errors.ts";
import type { LogFields, Logger } from "@switchboard/commons/log.ts";
import { problemsOf } from "@switchboard/commons/problems.ts";
import type { Context } from "hono";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { AgentDefinition } from "./define-agent.ts";
import type { Runtime } from "./run-turn.ts";
import { runTurn } from "./run-turn.ts";
import { failureAnswer, turnError } from "./turn-errors.ts";
import type { TurnGate } from "./turn-gate.ts";

/** What the app serves. */
export interface AppOptions {
  readonly agents: Readonly<Record<string, AgentDefinition>>;
  readonly runtime: Runtime;
  readonly gate: TurnGate;
  readonly log: Logger;
  readonly version: string;
}

/** Bytes of a turn: 20 messages of memory and a burst fit many times. */
const MOST_BYTES = 1024 * 1024;
const CORRELATION_HEADER = "x-correlation-id";

/** Makes the app. */
export function createApp(options: AppOptions): Hono {
  const { agents, gate, log, version } = options;
  const app = new Hono();
  app.get("/health", (c) => {
    const body = { agents: Object.keys(agents), version, inFlight: gate.inFlight };
    return gate.closed ? c.json({ status: "stopping", ...body }, 503) : c.json({ status: "ok", ...body });
  });
  const tooLarge = (c: Context) =>
    refuse(c, 413, { code: "too_large", message: `A turn has at most ${MOST_BYTES} bytes.` });
  app.post("/turn", bodyLimit({ maxSize: MOST_BYTES, onError: tooLarge }), (c) => handleTurn(c, options));
  app.notFound((c) => refuse(c, 404, { code: "not_found", message: "There is POST /turn and GET /health." }));
  app.onError((error, c) => {
    log.error("request failed", { error });
    return failed(c, error);
  });
  return app;
}

async function handleTurn(c: Context, options: AppOptions): Promise<Response> {
  const named = c.req.header(CORRELATION_HEADER);
  if (named !== undefined && isCorrelationId(named)) c.header(CORRELATION_HEADER, named);
  const leave = options.gate.enter();
  if (leave === undefined) return failed(c, turnError("shutting_down", { retryAfterSeconds: 1 }));
  try {
    const parsed = agentTurn.safeParse(await readJson(c));
    if (!parsed.success) {
      const problems = problemsOf(parsed.error);
      return refuse(c, 400, { code: "invalid_turn", message: `This is not a turn. ${problems.join("; ")}` });
    }
    const turn = parsed.data;
    if (turn.messages.length === 0 && !turn.workflows?.some(({ timer }) => timer !== null))
      return refuse(c, 400, {
        code: "invalid_turn",
        message: "This is not a turn. messages: there is none, and no workflow's timer.",
      });
    const agent = Object.hasOwn(options.agents, turn.agent) ? options.agents[turn.agent] : undefined;
    if (agent === undefined) {
      const known = Object.keys(options.agents).join(", ");
      return refuse(c, 404, {
        code: "unknown_agent",
        message: `There is no agent of this name here; there is: ${known}.`,
      });
    }
    return await answerTurn(c, { ...options, agent, turn });
  } finally {
    leave();
  }
}

async function answerTurn(
  c: Context,
  { agent, turn, runtime, log }: AppOptions & { readonly agent: AgentDefinition; readonly turn: AgentTurn },
): Promise<Response> {
  const named = c.req.header(CORRELATION_HEADER);
  const correlationId = named !== undefined && isCorrelationId(named) ? named : turn.correlationId;
  if (isCorrelationId(correlationId)) c.header(CORRELATION_HEADER, correlationId);
  const turnLog = log.child({ turnId: turn.turnId, correlationId, agent: agent.name });
  const start = performance.now();
  const measured = () => ({ messages: turn.messages.length, durationMs: Math.round(performance.now() - start) });
  try {
    const answer = await runTurn(agent, turn, { runtime, signal: c.req.raw.signal, log: turnLog });
    const { inputTokens, outputTokens, tools, model } = answer.usage;
    const sizes = {
      replies: answer.replies.length,
      actions: answer.actions.length,
      tools: tools?.length,
      inputTokens,
      outputTokens,
    };
    turnLog.info("turn answered", { ...measured(), ...sizes, model });
    return c.json(answer);
  } catch (error) {
    const { body, status } = failureAnswer(error);
    turnLog.warn("turn failed", { ...measured(), code: body.error.code, status, ...reasonOf(error) });
    return failed(c, error);
  }
}

/** What of an error may be logged: the whole of a defect, of a known failure the code of its cause or the API's status. */
function reasonOf(error: unknown): LogFields {
  if (!(error instanceof AgentError)) return { error: error instanceof Error ? error : String(error) };
  const { cause, context } = error;
  const causeCode = cause instanceof Error && "code" in cause ? String(cause.code) : undefined;
  return { causeCode, upstreamStatus: context.status };
}

async function readJson(c: Context): Promise<unknown> {
  try {
    return await c.req.json();
  } catch {
    return undefined;
  }
}

function refuse(
  c: Context,
  status: 400 | 404 | 413,
  error: { readonly code: string; readonly message: string },
): Response {
  return c.json({ error }, status);
}

function failed(c: Context, error: unknown): Response {
  const { status, headers, body } = failureAnswer(error);
  for (const [name, value] of Object.entries(headers)) c.header(name, value);
  // SAFETY: every status of TURN_FAILURES has a body; Hono's type only excludes 101, 204, 205 and 304.
  return c.json(body, status as 500);
}

/** Ids of callers reach the log and a header: only harmless characters. */
function isCorrelationId(text: string): boolean {
  return /^[\w.:-]{1,128}$/.test(text);
}
