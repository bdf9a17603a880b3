// The HTTP contract: what is refused and how, what is echoed, and that nothing leaks.
import { agentAnswer } from "@switchboard/commons/agent-contract.ts";
import { AgentError } from "@switchboard/commons/errors.ts";
import { createLogger } from "@switchboard/commons/log.ts";
import { describe, expect, test } from "vitest";
import { agents } from "../src/agents/index.ts";
import { createApp } from "../src/app.ts";
import type { Respond } from "../src/define-agent.ts";
import { defineAgent } from "../src/define-agent.ts";
import { createTurnGate } from "../src/turn-gate.ts";
import { demoSearch, textOf, turnOf } from "./support.ts";

const SECRET = "the customer's secret 4915112345678";

function appWith(respond?: Respond, timeoutMs = 5000) {
  const lines: string[] = [];
  const gate = createTurnGate();
  const base = { description: "A test.", purpose: "questions about the test", instructions: "", tools: {} };
  const test = defineAgent({ name: "test", ...base, timeoutMs, ...(respond === undefined ? {} : { respond }) });
  const log = createLogger("test", "debug", (line) => lines.push(line));
  const app = createApp({
    agents: { ...agents, test },
    runtime: { searchKnowledge: demoSearch },
    gate,
    log,
    version: "1.2.3",
  });
  const post = (body: unknown, init: RequestInit = {}) =>
    app.request("/turn", {
      method: "POST",
      body: typeof body === "string" ? body : JSON.stringify(body),
      ...init,
      headers: { "content-type": "application/json", ...init.headers },
    });
  return { app, gate, lines, post };
}

describe("POST /turn", () => {
  test("answers a turn by the contract and logs no words and no names", async () => {
    const { post, lines } = appWith();
    const response = await post(turnOf(["do you have parking?"]), { headers: { "x-correlation-id": "abc-1" } });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-correlation-id")).toBe("abc-1");
    const answer = agentAnswer.parse(await response.json());
    expect(textOf(answer.replies[0])).toContain("12 free parking spaces");
    expect(answer.usage).toEqual({ model: "built-in", tools: ["search_knowledge"] });
    expect(lines.join("\n")).toContain('"turnId":"turn-1"');
    expect(lines.join("\n")).toContain('"correlationId":"abc-1"');
    expect(lines.join("\n")).not.toMatch(/parking|Maria|Luna/);
  });

  test("echoes the turn's correlation id when the header is missing or odd", async () => {
    const { post } = appWith();
    expect((await post(turnOf(["hi"]))).headers.get("x-correlation-id")).toBe("correlation-1");
    const odd = await post(turnOf(["hi"]), { headers: { "x-correlation-id": 'a"b c' } });
    expect(odd.headers.get("x-correlation-id")).toBe("correlation-1");
  });

  test.each([
    ["no JSON", "{", /not a turn/],
    ["an empty object", {}, /turnId/],
    ["an empty burst", turnOf([]), /messages/],
    ["a list", [], /not a turn/],
  ])("refuses %s with 400", async (_name, body, message) => {
    const { post } = appWith();
    const response = await post(body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { code: "invalid_turn", message: expect.stringMatching(message) },
    });
  });

  test.each(["nobody", "constructor", "__proto__"])(
    "refuses the unknown agent %s with 404 and names the agents",
    async (agent) => {
      const { post } = appWith();
      const response = await post(turnOf(["hi"], { agent }));
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({
        error: { code: "unknown_agent", message: expect.stringContaining("concierge, test") },
      });
    },
  );

  test("refuses more than a megabyte with 413", async () => {
    const { post } = appWith();
    const response = await post(turnOf(["x".repeat(1024 * 1024 + 1)]));
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ error: { code: "too_large" } });
  });

  test("answers a defect with 500 and no word of it", async () => {
    const { post } = appWith(async () => {
      throw new Error(SECRET);
    });
    const response = await post(turnOf(["hi"], { agent: "test" }));
    expect(response.status).toBe(500);
    const body = await response.text();
    expect(JSON.parse(body)).toMatchObject({ error: { code: "internal" } });
    expect(body).not.toMatch(/secret|at .*\.ts/);
  });

  test("does not let an answer out that breaks the contract", async () => {
    // SAFETY: an answer of the wrong shape is what this test is about.
    const wrong = { replies: [{ type: "text", text: "" }], reasoning: SECRET } as never;
    const { post, lines } = appWith(async () => wrong);
    const response = await post(turnOf(["hi"], { agent: "test" }));
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ error: { code: "invalid_answer" } });
    expect(lines.join("\n")).not.toContain("secret");
  });

  test("drops what the contract does not know", async () => {
    const extra = {
      replies: [{ type: "text" as const, text: "yes", reasoning: SECRET }],
      actions: [],
      usage: {},
      thought: SECRET,
    };
    const { post } = appWith(async () => extra);
    expect(await (await post(turnOf(["hi"], { agent: "test" }))).text()).not.toContain("secret");
  });

  test("answers 503 with Retry-After when the knowledge base is away", async () => {
    const { post } = appWith(async () => {
      throw new AgentError("away", { code: "knowledge_unavailable" });
    });
    const response = await post(turnOf(["hi"], { agent: "test" }));
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("5");
  });

  test("answers 504 when the agent takes longer than it may, even if it ignores its signal", async () => {
    const { post, gate } = appWith(() => new Promise(() => {}), 20);
    const response = await post(turnOf(["hi"], { agent: "test" }));
    expect(response.status).toBe(504);
    expect(gate.inFlight).toBe(0);
  });

  test("gives up a turn whose caller went away", async () => {
    const caller = new AbortController();
    let seen: AbortSignal | undefined;
    const { post, gate } = appWith((_turn, { signal }) => {
      seen = signal;
      caller.abort();
      return new Promise(() => {});
    });
    const response = await post(turnOf(["hi"], { agent: "test" }), { signal: caller.signal });
    expect(response.status).toBe(499);
    expect(seen?.aborted).toBe(true);
    expect(gate.inFlight).toBe(0);
  });
});

describe("GET /health", () => {
  test("says what is served", async () => {
    const { app } = appWith();
    const response = await app.request("/health");
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      status: "ok",
      agents: ["concierge", "test"],
      version: "1.2.3",
      inFlight: 0,
    });
  });

  test("says 503 while the door is closed, counts the turn in flight and lets it finish", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { app, gate, post } = appWith(async () => {
      await promise;
      return { replies: [{ type: "text", text: "done" }], actions: [], usage: {} };
    });
    const turn = post(turnOf(["hi"], { agent: "test" }));
    await expect.poll(() => gate.inFlight).toBe(1);
    gate.close();
    const health = await app.request("/health");
    expect(health.status).toBe(503);
    expect(await health.json()).toMatchObject({ status: "stopping", inFlight: 1 });
    const late = await post(turnOf(["hi"], { agent: "test" }));
    expect(late.status).toBe(503);
    expect(late.headers.get("retry-after")).toBe("1");
    const idle = gate.idle(5000);
    resolve();
    expect((await turn).status).toBe(200);
    expect(await idle).toBe(true);
  });
});

test("an unknown path is named", async () => {
  const { app } = appWith();
  expect((await app.request("/")).status).toBe(404);
});

test("an agent needs a purpose and a name that can be a service's", () => {
  const base = { description: "", instructions: "", tools: {} };
  expect(() => defineAgent({ ...base, name: "a", purpose: " " })).toThrow(/general-purpose/);
  expect(() => defineAgent({ ...base, name: "A b", purpose: "questions about shoes" })).toThrow(/lower case/);
});
