// The language model's path against a real HTTP server: tools, failures, aborts, and what must not reach a customer.

import type { AgentTurn } from "@switchboard/commons/agent-contract.ts";
import { AgentError } from "@switchboard/commons/errors.ts";
import { createLogger } from "@switchboard/commons/log.ts";
import { expect, test } from "vitest";
import { agents } from "../src/agents/index.ts";
import { createApp } from "../src/app.ts";
import type { SearchKnowledge } from "../src/knowledge.ts";
import { visibleText } from "../src/models/instructions.ts";
import { languageModelAnswer } from "../src/models/language-model.ts";
import { createTurnGate } from "../src/turn-gate.ts";
import { calls, refuses, says, startFakeLlm } from "./fake-llm.ts";
import { demoSearch, memoryOf, turnOf } from "./support.ts";

function appAt(baseUrl: string, options: { readonly search?: SearchKnowledge; readonly timeoutMs?: number } = {}) {
  const lines: string[] = [];
  const app = createApp({
    agents: { concierge: { ...agents.concierge, timeoutMs: options.timeoutMs ?? 5000 } },
    runtime: {
      searchKnowledge: options.search ?? demoSearch,
      askLanguageModel: languageModelAnswer({ baseUrl, apiKey: "key-1", model: "test-model" }),
    },
    gate: createTurnGate(),
    log: createLogger("test", "debug", (line) => lines.push(line)),
    version: "1",
  });
  const post = (turn: AgentTurn, init: RequestInit = {}) =>
    app.request("/turn", {
      method: "POST",
      body: JSON.stringify(turn),
      headers: { "content-type": "application/json" },
      ...init,
    });
  return { post, lines };
}

test("searches, answers, sums the usage and tells the model its purpose", async () => {
  await using llm = await startFakeLlm(
    calls(["search_knowledge", { query: "parking" }]),
    says("We have **12 free spaces**."),
  );
  const { post, lines } = appAt(llm.url);
  const response = await post(turnOf(["parking?"], { memory: memoryOf("hi", "Hi Maria!") }));
  expect(await response.json()).toEqual({
    replies: [{ type: "text", text: "We have **12 free spaces**." }],
    actions: [],
    usage: { model: "test-model", inputTokens: 200, outputTokens: 20, tools: ["search_knowledge"] },
    toolCalls: [{ name: "search_knowledge", ms: expect.any(Number), ok: true }],
  });
  const [first, second] = llm.requests;
  expect(first?.authorization).toBe("Bearer key-1");
  expect(first?.body.messages[0]).toMatchObject({
    role: "system",
    content: expect.stringContaining("You only help with questions about this business"),
  });
  expect(first?.body.messages.map(({ role }) => role)).toEqual(["system", "user", "assistant", "user"]);
  expect(first?.body.tools?.map((tool) => tool.function.name)).toEqual(["search_knowledge", "request_person"]);
  expect(JSON.stringify(second?.body.messages.at(-1))).toContain("12 free parking spaces");
  expect(lines.join("\n")).not.toMatch(/parking|Maria|spaces/);
});

test("brings a person in, and says so when the model forgets to", async () => {
  await using llm = await startFakeLlm(calls(["request_person", { reason: "wants a refund" }]), says(null));
  const answer = await (await appAt(llm.url).post(turnOf(["refund!"]))).json();
  expect(answer).toMatchObject({
    actions: [{ type: "request_person", reason: "wants a refund" }],
    replies: [{ text: expect.stringContaining("told a colleague") }],
  });
});

test("makes the model answer after five calls", async () => {
  const again = calls(["search_knowledge", { query: "parking" }]);
  await using llm = await startFakeLlm(again, again, again, again, says("Enough."));
  const answer = await (await appAt(llm.url).post(turnOf(["parking?"]))).json();
  expect(answer).toMatchObject({ replies: [{ text: "Enough." }] });
  expect(llm.requests).toHaveLength(5);
  expect(llm.requests[4]?.body.tool_choice).toBe("none");
});

test("survives a tool that does not exist and input that does not fit", async () => {
  await using llm = await startFakeLlm(
    calls(["drop_tables", {}], ["search_knowledge", { words: 1 }]),
    says("Sorry, which topic?"),
  );
  const answer = await (await appAt(llm.url).post(turnOf(["hm"]))).json();
  expect(answer).toMatchObject({ replies: [{ text: "Sorry, which topic?" }] });
});

test("keeps the reasoning from the customer", async () => {
  await using llm = await startFakeLlm(
    says("<think>The customer is rude.</think>Good evening!", { reasoning_content: "rude" }),
  );
  const body = await (await appAt(llm.url).post(turnOf(["hi"]))).text();
  expect(body).toContain("Good evening!");
  expect(body).not.toContain("rude");
});

test.each([
  ["<think>a</think>b", "b"],
  ["a</think>b", "b"],
  ["b<think>never closed", "b"],
  ["<think>all of it", ""],
  ["plain <b>text</b>", "plain <b>text</b>"],
])("shows of %o only %o", (raw, visible) => {
  expect(visibleText(raw)).toBe(visible);
});

test.each([
  {
    name: "a rate limit",
    step: refuses(429, { "retry-after": "17" }),
    status: 429,
    code: "llm_rate_limited",
    retryAfter: "17",
  },
  { name: "a rate limit without a time", step: refuses(429), status: 429, code: "llm_rate_limited", retryAfter: "5" },
  { name: "an outage", step: refuses(500), status: 503, code: "llm_unavailable", retryAfter: "5" },
  { name: "a gateway's timeout", step: refuses(504), status: 504, code: "turn_timeout", retryAfter: null },
  { name: "a wrong key", step: refuses(401), status: 500, code: "llm_refused", retryAfter: null },
  { name: "an empty answer", step: says(""), status: 503, code: "llm_no_answer", retryAfter: null },
  { name: "another JSON", step: { hello: "internal secret" }, status: 503, code: "llm_no_answer", retryAfter: null },
])("answers $status to $name, without a word of it", async ({ step, status, code, retryAfter }) => {
  await using llm = await startFakeLlm(step);
  const { post, lines } = appAt(llm.url);
  const response = await post(turnOf(["my words"]));
  const body = await response.text();
  expect(response.status).toBe(status);
  expect(JSON.parse(body)).toMatchObject({ error: { code } });
  expect(response.headers.get("retry-after")).toBe(retryAfter);
  expect(llm.requests).toHaveLength(1);
  expect(`${body}${lines.join("\n")}`).not.toMatch(/internal secret|my words|Maria/);
});

test.each([
  ["garbage", (response: import("node:http").ServerResponse) => response.end("<html>internal secret</html>")],
  ["a broken connection", (response: import("node:http").ServerResponse) => response.destroy()],
])("answers 503 to %s", async (_name, step) => {
  await using llm = await startFakeLlm(step);
  const response = await appAt(llm.url).post(turnOf(["hi"]));
  expect(response.status).toBe(503);
  expect(await response.text()).not.toContain("secret");
});

test("answers 503 when nothing listens", async () => {
  const response = await appAt("http://127.0.0.1:1/v1").post(turnOf(["hi"]));
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ error: { code: "llm_unavailable" } });
});

test("answers 504 when the model hangs, and hangs up on it", async () => {
  await using llm = await startFakeLlm(() => {});
  const response = await appAt(llm.url, { timeoutMs: 100 }).post(turnOf(["hi"]));
  expect(response.status).toBe(504);
  await expect.poll(() => llm.closed).toEqual([1]);
});

test("hangs up on the model when the caller goes away", async () => {
  const caller = new AbortController();
  await using llm = await startFakeLlm(() => caller.abort());
  const response = await appAt(llm.url).post(turnOf(["hi"]), { signal: caller.signal });
  expect(response.status).toBe(499);
  await expect.poll(() => llm.closed).toEqual([1]);
});

test("fails the turn when the knowledge base is away, instead of letting the model guess", async () => {
  await using llm = await startFakeLlm(
    calls(["search_knowledge", { query: "parking" }]),
    says("There is surely parking."),
  );
  const search = async () => {
    throw new AgentError("away", { code: "knowledge_unavailable" });
  };
  const response = await appAt(llm.url, { search }).post(turnOf(["parking?"]));
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ error: { code: "knowledge_unavailable" } });
});
