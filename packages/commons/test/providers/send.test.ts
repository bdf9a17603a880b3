// Sending through the Cloud API against a real HTTP server: every way in which a try can end.
import { createServer } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { WorkflowError } from "../../src/errors.ts";
import type { JsonObject } from "../../src/json.ts";
import type { OutboundContent, Recipient, SendOutcome } from "../../src/outbound.ts";
import { neverConnected } from "../../src/providers/cloud-api/graph-request.ts";
import { createCloudApiProvider } from "../../src/providers/cloud-api/provider.ts";
import { getProvider } from "../../src/providers/index.ts";
import type { Provider, SendRequest } from "../../src/providers/provider.ts";
import { type GraphServer, graphError, json, startGraphServer } from "./graph-server.ts";

const accessToken = "EAAtest-token";
let graph: GraphServer;
let provider: Provider;

beforeAll(async () => {
  graph = await startGraphServer();
  provider = providerAt(graph.url);
});
beforeEach(() => {
  graph.arrived.length = 0;
  graph.answer = json(200, accepted);
});
afterAll(() => graph.close());

const accepted = {
  messaging_product: "whatsapp",
  contacts: [{ input: "+15550100101", wa_id: "15550100101" }],
  messages: [{ id: "wamid.NEW1", message_status: "accepted" }],
};

function providerAt(url: string, timeoutSeconds = 5): Provider {
  return createCloudApiProvider({ GRAPH_API_URL: url, GRAPH_API_VERSION: "v26.0", timeoutSeconds });
}

interface Changes {
  readonly recipient?: Recipient;
  readonly content?: OutboundContent;
  readonly replyTo?: string;
  readonly signal?: AbortSignal;
  readonly beforeIo?: () => Promise<void>;
  readonly credentials?: JsonObject;
}

function request(changes: Changes = {}): SendRequest {
  const { credentials = { accessToken }, ...rest } = changes;
  return {
    account: { externalId: "100000000000001", credentials },
    recipient: { phone: "15550100101" },
    content: { type: "text", text: "Hello" },
    callbackData: "outbound-1",
    correlationId: "correlation-1",
    freshMedia: false,
    beforeIo: async () => undefined,
    signal: new AbortController().signal,
    ...rest,
  };
}

describe("what is sent", () => {
  test("is one POST with token, version, correlation id and our id", async () => {
    await provider.send(request());
    expect(graph.arrived).toHaveLength(1);
    expect(graph.arrived[0]).toMatchObject({
      method: "POST",
      path: "/v26.0/100000000000001/messages",
      headers: {
        authorization: `Bearer ${accessToken}`,
        "content-type": "application/json",
        "x-correlation-id": "correlation-1",
      },
    });
    expect(graph.arrived[0]?.body).toEqual({
      messaging_product: "whatsapp",
      recipient_type: "individual",
      to: "+15550100101",
      type: "text",
      text: { body: "Hello", preview_url: false },
      biz_opaque_callback_data: "outbound-1",
    });
  });

  test("quotes the message that it answers and shows a preview when asked", async () => {
    await provider.send(request({ replyTo: "wamid.IN1", content: { type: "text", text: "x", previewUrl: true } }));
    expect(graph.arrived[0]?.body).toMatchObject({ context: { message_id: "wamid.IN1" }, text: { preview_url: true } });
  });

  test("goes to `recipient` for a user id and never to `to`", async () => {
    await provider.send(request({ recipient: { bsuid: "US.13491208655302741918" } }));
    expect(graph.arrived[0]?.body).toMatchObject({ recipient: "US.13491208655302741918" });
    expect(graph.arrived[0]?.body).not.toHaveProperty("to");
  });

  test("is an interactive message for buttons", async () => {
    const buttons = [{ id: "y", title: "Yes" }];
    await provider.send(request({ content: { type: "buttons", text: "Sure?", buttons } }));
    expect(graph.arrived[0]?.body).toMatchObject({
      type: "interactive",
      interactive: {
        type: "button",
        body: { text: "Sure?" },
        action: { buttons: [{ type: "reply", reply: { id: "y", title: "Yes" } }] },
      },
    });
  });

  test.each([["US.13491208655302741918"], [""], ["+"], ["1555 010"]])(
    "is nothing when the phone is %j",
    async (phone) => {
      const outcome = await provider.send(request({ recipient: { phone } }));
      expect(outcome).toMatchObject({ state: "REJECTED", class: "never", code: "recipient" });
      expect(graph.arrived).toHaveLength(0);
    },
  );

  test.each([[{}], [{ accessToken: "" }], [{ accessToken: "EAAsecret\nline" }], [{ accessToken: 5 }]])(
    "is nothing when the credentials are %j, and the outcome does not quote them",
    async (credentials) => {
      const outcome = await provider.send(request({ credentials }));
      expect(outcome).toMatchObject({ state: "REJECTED", class: "stop_channel", code: "credentials" });
      expect(JSON.stringify(outcome)).not.toContain("EAAsecret");
      expect(graph.arrived).toHaveLength(0);
    },
  );

  test("is nothing when the try was given up before", async () => {
    const outcome = await provider.send(request({ signal: AbortSignal.abort() }));
    expect(outcome).toMatchObject({ state: "REJECTED", class: "again", code: "aborted" });
    expect(graph.arrived).toHaveLength(0);
  });

  test("is announced right before it leaves, and nothing leaves when that fails", async () => {
    let seen = -1;
    const beforeIo = async () => {
      seen = graph.arrived.length;
    };
    await provider.send(request({ beforeIo }));
    expect([seen, graph.arrived.length]).toEqual([0, 1]);
    const refusal = new Error("settled meanwhile");
    await expect(provider.send(request({ beforeIo: () => Promise.reject(refusal) }))).rejects.toBe(refusal);
    expect(graph.arrived).toHaveLength(1);
  });
});

describe("the outcome", () => {
  test("is ACCEPTED with Meta's id and the true wa_id", async () => {
    expect(await provider.send(request())).toEqual({
      state: "ACCEPTED",
      providerMessageId: "wamid.NEW1",
      waId: "15550100101",
      response: accepted,
    });
  });

  test("is ACCEPTED without a wa_id for a user id", async () => {
    graph.answer = json(200, { contacts: [{ input: "US.1", user_id: "US.1" }], messages: [{ id: "wamid.NEW2" }] });
    expect(await provider.send(request())).toMatchObject({ state: "ACCEPTED", providerMessageId: "wamid.NEW2" });
  });

  test.each<[string, number, number, object]>([
    ["a pair rate limit", 400, 131056, { class: "slow_pair" }],
    ["the number's throughput", 400, 130429, { class: "slow_number" }],
    ["a closed window", 400, 131047, { class: "window_closed" }],
    ["an expired token", 401, 190, { class: "stop_channel" }],
    ["a permission", 403, 270, { class: "stop_channel" }],
    ["spam", 400, 131048, { class: "pause_number" }],
    ["a marketing cap", 400, 131049, { class: "later", retryAfterSeconds: 86400 }],
    ["a bad parameter", 400, 131009, { class: "never" }],
    ["an unknown refusal", 400, 999999, { class: "never" }],
    ["an unknown throttle", 429, 999999, { class: "retry" }],
    ["a failure that Meta explains", 500, 131000, { class: "retry" }],
    ["an unknown failure that Meta explains", 503, 999999, { class: "retry" }],
    ["a bug that Meta answers with 500", 500, 100, { class: "never" }],
  ])("is REJECTED for %s", async (_, status, code, expected) => {
    graph.answer = graphError(status, code);
    const outcome = await provider.send(request());
    expect(outcome).toMatchObject({ state: "REJECTED", code: String(code), ...expected, response: { code } });
  });

  test("is REJECTED and worth a retry when Meta calls an unknown error transient", async () => {
    graph.answer = graphError(400, 999999, { is_transient: true });
    expect(await provider.send(request())).toMatchObject({ class: "retry" });
  });

  test("honours Retry-After, in seconds and as a date", async () => {
    graph.answer = graphError(400, 130429, {}, { "retry-after": "17" });
    expect(await provider.send(request())).toMatchObject({ class: "slow_number", retryAfterSeconds: 17 });
    graph.answer = graphError(400, 130429, {}, { "retry-after": new Date(Date.now() + 60_000).toUTCString() });
    const { retryAfterSeconds } = (await provider.send(request())) as SendOutcome & { retryAfterSeconds?: number };
    expect(retryAfterSeconds).toBeGreaterThan(50);
    expect(retryAfterSeconds).toBeLessThanOrEqual(61);
    graph.answer = graphError(400, 130429, {}, { "retry-after": "soon" });
    expect(await provider.send(request())).not.toHaveProperty("retryAfterSeconds");
  });

  test.each<[string, number, string, object]>([
    ["200 without JSON", 200, "OK", { state: "UNKNOWN", code: "http_200" }],
    ["200 without an id", 200, '{"messages":[]}', { state: "UNKNOWN" }],
    ["200 with an error inside", 200, '{"error":{"code":1}}', { state: "UNKNOWN" }],
    ["500 of a proxy", 500, "<html>", { state: "UNKNOWN", code: "http_500" }],
    ["502 with other JSON", 502, '{"error":"bad gateway"}', { state: "UNKNOWN", code: "http_502" }],
    ["408", 408, "", { state: "UNKNOWN" }],
    ["404 of a proxy", 404, "not here", { state: "REJECTED", class: "never", code: "http_404" }],
    ["429 of a proxy", 429, "slow down", { state: "REJECTED", class: "retry", code: "http_429" }],
  ])("for %s", async (_, status, text, expected) => {
    graph.answer = (response) => response.writeHead(status).end(text);
    expect(await provider.send(request())).toMatchObject(expected);
  });

  test("is REJECTED for a redirect, which is not followed: the token stays here", async () => {
    graph.answer = (response, { path }) =>
      path === "/elsewhere" ? response.end() : response.writeHead(302, { location: "/elsewhere" }).end();
    expect(await provider.send(request())).toMatchObject({ state: "REJECTED", code: "http_302" });
    expect(graph.arrived).toHaveLength(1);
  });

  test("is UNKNOWN when no answer comes in time", async () => {
    graph.answer = () => undefined;
    const outcome = await providerAt(graph.url, 0.05).send(request());
    expect(outcome).toMatchObject({ state: "UNKNOWN", code: "timeout" });
    expect(graph.arrived).toHaveLength(1);
  });

  test("is UNKNOWN when the try is given up while Meta thinks", async () => {
    const controller = new AbortController();
    graph.answer = () => controller.abort();
    expect(await provider.send(request({ signal: controller.signal }))).toMatchObject({
      state: "UNKNOWN",
      code: "aborted",
    });
  });

  test("is UNKNOWN when the answer stops in the middle of a success", async () => {
    graph.answer = (response) => {
      response.writeHead(200, { "content-length": "500" });
      response.write('{"messages":[{"id":"wam', () => response.destroy());
    };
    expect(await provider.send(request())).toMatchObject({ state: "UNKNOWN", code: "http_200" });
  });

  test("is REJECTED and worth a retry when the answer stops in the middle of a refusal", async () => {
    graph.answer = (response) => {
      response.writeHead(400, { "content-length": "500" });
      response.write('{"error":{', () => response.destroy());
    };
    expect(await provider.send(request())).toMatchObject({ state: "REJECTED", class: "retry", code: "http_400" });
  });

  test("is UNKNOWN when the connection is reset", async () => {
    graph.answer = (response) => {
      response.socket?.resetAndDestroy();
    };
    expect(await provider.send(request())).toMatchObject({ state: "UNKNOWN", code: "connection_lost" });
  });

  test("is UNKNOWN when something else than HTTP answers", async () => {
    const server = createServer((socket) => socket.on("data", () => socket.end("SSH-2.0-x\r\n\r\n")));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    // SAFETY: a server that listens on TCP has an address with a port.
    const { port } = server.address() as { port: number };
    expect(await providerAt(`http://127.0.0.1:${port}`).send(request())).toMatchObject({ state: "UNKNOWN" });
    await new Promise((resolve) => server.close(resolve));
  });

  test("is REJECTED and worth a retry when the connection is refused or the name does not exist", async () => {
    const closed = await startGraphServer();
    await closed.close();
    const expected = { state: "REJECTED", class: "retry", code: "network" };
    expect(await providerAt(closed.url).send(request())).toMatchObject(expected);
    expect(await providerAt("http://graph.invalid").send(request())).toMatchObject(expected);
  });
});

describe("a request that certainly never left", () => {
  const failed = (message: string, cause?: unknown): Error => new TypeError(message, { cause });
  const coded = (code: string, syscall?: string): Error => Object.assign(new Error(code), { code, syscall });

  test.each<[string, unknown]>([
    ["Node, refused", failed("fetch failed", coded("ECONNREFUSED", "connect"))],
    ["Node, no such name", failed("fetch failed", coded("ENOTFOUND", "getaddrinfo"))],
    ["Node, no name server", failed("fetch failed", coded("EAI_AGAIN", "getaddrinfo"))],
    ["Node, no connection in time", failed("fetch failed", coded("UND_ERR_CONNECT_TIMEOUT"))],
    [
      "Node, every address",
      failed("fetch failed", new AggregateError([coded("ECONNREFUSED"), coded("ENETUNREACH", "connect")])),
    ],
    [
      "Deno 2.1",
      failed(
        "error sending request for url (http://x/): client error (Connect): tcp connect error: Connection refused (os error 111)",
      ),
    ],
    [
      "Deno 2.9",
      failed(
        "fetch failed",
        new Error(
          "error sending request for url (http://x/): client error (Connect): dns error: failed to lookup address information",
        ),
      ),
    ],
  ])("is recognised: %s", (_, error) => expect(neverConnected(error)).toBe(true));

  test.each<[string, unknown]>([
    ["Node, reset", failed("fetch failed", coded("ECONNRESET", "read"))],
    [
      "Node, one address answered",
      failed("fetch failed", new AggregateError([coded("ECONNREFUSED"), coded("ECONNRESET", "read")])),
    ],
    ["Node, closed", failed("fetch failed", coded("UND_ERR_SOCKET"))],
    [
      "Deno",
      failed(
        "error sending request for url (http://x/): client error (SendRequest): connection closed before message completed",
      ),
    ],
    ["no error at all", "refused"],
  ])("is not assumed: %s", (_, error) => expect(neverConnected(error)).toBe(false));
});

describe("markRead", () => {
  const read = (typing: boolean) =>
    provider.markRead({
      account: { externalId: "100000000000001", credentials: { accessToken } },
      messageId: "wamid.IN1",
      typing,
      correlationId: "c",
      signal: new AbortController().signal,
    });

  test("marks and types in one call", async () => {
    graph.answer = json(200, { success: true });
    await read(true);
    expect(graph.arrived.map(({ body }) => body)).toEqual([
      {
        messaging_product: "whatsapp",
        status: "read",
        message_id: "wamid.IN1",
        typing_indicator: { type: "text" },
      },
    ]);
  });

  test("only marks when nobody types", async () => {
    await read(false);
    expect(graph.arrived[0]?.body).not.toHaveProperty("typing_indicator");
  });

  test("throws an error that says whether trying again helps", async () => {
    graph.answer = graphError(400, 130429);
    await expect(read(true)).rejects.toMatchObject({ code: "mark_read_failed", retryable: true });
    graph.answer = graphError(400, 100);
    const failure = await read(true).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(WorkflowError);
    expect(failure).toMatchObject({ retryable: false, context: { reason: "100" } });
  });
});

describe("the registry of providers", () => {
  const settings = { GRAPH_API_URL: "http://127.0.0.1", GRAPH_API_VERSION: "v26.0" };

  test("gives the provider by its name", () => {
    expect(getProvider("cloud_api", settings).id).toBe("cloud_api");
  });

  test.each(["twilio", "constructor", ""])("says what there is when there is no %j", (id) => {
    expect(() => getProvider(id, settings)).toThrow(/it has: cloud_api/);
  });
});
