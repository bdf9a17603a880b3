// Every kind of content through the Cloud API, against a real HTTP server: the JSON that Meta is to get.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { WorkflowError } from "../../src/errors.ts";
import { type OutboundContent, outboundContent } from "../../src/outbound.ts";
import { createCloudApiProvider } from "../../src/providers/cloud-api/provider.ts";
import type { Provider, ResolveMedia } from "../../src/providers/provider.ts";
import { degrade } from "../../src/text/degrade.ts";
import { examples, uploadedId } from "./contents-of-each-type.ts";
import { type GraphServer, json, startGraphServer } from "./graph-server.ts";

let graph: GraphServer;
let provider: Provider;

beforeAll(async () => {
  graph = await startGraphServer();
  provider = createCloudApiProvider({ GRAPH_API_URL: graph.url, GRAPH_API_VERSION: "v26.0" });
});
beforeEach(() => {
  graph.arrived.length = 0;
  graph.answer = json(200, { messages: [{ id: "wamid.NEW1" }] });
});
afterAll(() => graph.close());

const uploads: ResolveMedia = async (media) => ("link" in media ? media : { id: uploadedId });

function send(content: OutboundContent, resolveMedia?: ResolveMedia) {
  return provider.send({
    account: { externalId: "100000000000001", credentials: { accessToken: "EAAtest-token" } },
    recipient: { phone: "15550100101" },
    content,
    ...(resolveMedia === undefined ? {} : { resolveMedia }),
    callbackData: "outbound-1",
    correlationId: "correlation-1",
    beforeIo: async () => undefined,
    signal: new AbortController().signal,
  });
}

const all = Object.entries(examples).flatMap(([type, of]) =>
  of.map((example, index) => ({ name: `${type} ${index + 1}`, ...example })),
);

describe("what Meta gets", () => {
  test.each(all)("of $name", async ({ content, sent }) => {
    expect(outboundContent.parse(content)).toEqual(content);
    expect(degrade(content, provider.capabilities)).toEqual([content]);
    expect(await send(content, uploads)).toMatchObject({ state: "ACCEPTED", providerMessageId: "wamid.NEW1" });
    expect(graph.arrived[0]?.body).toEqual({
      messaging_product: "whatsapp",
      recipient_type: "individual",
      to: "+15550100101",
      ...sent,
      biz_opaque_callback_data: "outbound-1",
    });
  });
});

describe("a file", () => {
  const image: OutboundContent = { type: "image", media: { mediaId: "7f1f0a86-26f3-4d0c-8f7e-0d7a0a1c3b11" } };

  test("by our id is refused where nobody uploads it, and nothing leaves", async () => {
    expect(await send(image)).toMatchObject({ state: "REJECTED", class: "never", code: "media_unresolved" });
    expect(graph.arrived).toEqual([]);
  });

  test.each([
    [true, "retry"],
    [false, "never"],
  ])("that cannot be had (retryable: %s) is a refusal of ours: %s", async (retryable, reaction) => {
    const outcome = await send(image, () =>
      Promise.reject(new WorkflowError("the file is gone", { code: "media_gone", retryable })),
    );
    expect(outcome).toMatchObject({ state: "REJECTED", class: reaction, code: "media_gone" });
    expect(graph.arrived).toEqual([]);
  });

  test("that breaks in an unknown way is tried again, and what broke is not quoted", async () => {
    const outcome = await send(image, () => Promise.reject(new Error("secret")));
    expect(outcome).toMatchObject({ state: "REJECTED", class: "retry", code: "media_failed" });
    expect(JSON.stringify(outcome)).not.toContain("secret");
  });
});
