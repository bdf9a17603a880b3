// Our provider against the fake Graph endpoint of @openclaw/crabline, a program by others that knows Meta's contract.
// Version 0.1.27 takes texts to phone numbers, and read receipts; everything else it refuses by the type's name, numbers
// with a plus included. What it cannot take is asserted too: a version that takes more makes a test here fail.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { startWhatsAppServer } from "@openclaw/crabline";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { OutboundContent } from "../../src/outbound.ts";
import { createCloudApiProvider } from "../../src/providers/cloud-api/provider.ts";
import type { Provider, SendRequest } from "../../src/providers/provider.ts";
import { examples, uploadedId } from "./contents-of-each-type.ts";

const folder = mkdtempSync(path.join(tmpdir(), "crabline-"));
const recorded: { readonly accepted?: boolean; readonly body?: unknown; readonly path: string }[] = [];
let crabline: Awaited<ReturnType<typeof startWhatsAppServer>>;
let settings: { GRAPH_API_URL: string; GRAPH_API_VERSION: string };
let provider: Provider;

beforeAll(async () => {
  crabline = await startWhatsAppServer({
    graphVersion: "v26.0",
    recorderPath: path.join(folder, "whatsapp.jsonl"),
    onEvent: (event) => {
      recorded.push(event);
    },
  });
  settings = { GRAPH_API_URL: crabline.manifest.baseUrl, GRAPH_API_VERSION: crabline.manifest.graphVersion };
  provider = createCloudApiProvider({ ...settings, GRAPH_PHONE_FORMAT: "digits" });
});
beforeEach(() => {
  recorded.length = 0;
});
afterAll(async () => {
  await crabline.close();
  rmSync(folder, { recursive: true });
});

function request(content: OutboundContent): SendRequest {
  return {
    account: {
      externalId: crabline.manifest.phoneNumberId,
      credentials: { accessToken: crabline.manifest.accessToken },
    },
    recipient: { phone: "15550100101" },
    content,
    resolveMedia: async (media) => ("link" in media ? media : { id: uploadedId }),
    callbackData: "outbound-1",
    correlationId: "correlation-1",
    beforeIo: async () => undefined,
    signal: new AbortController().signal,
  };
}

describe("crabline's Graph endpoint", () => {
  test.each(examples.text)("takes a text and records it: $content", async ({ content, sent }) => {
    expect(await provider.send(request(content))).toMatchObject({
      state: "ACCEPTED",
      providerMessageId: expect.stringMatching(/^wamid\.FAKE\d+$/),
      waId: "15550100101",
    });
    expect(recorded).toMatchObject([
      {
        accepted: true,
        path: `/v26.0/${crabline.manifest.phoneNumberId}/messages`,
        body: { to: "15550100101", ...sent },
      },
    ]);
  });

  const others = Object.values(examples)
    .flat()
    .filter(({ content }) => content.type !== "text");
  test.each(others)(
    "gets to the type of every other content and says that it has none: $content.type",
    async ({ content, sent }) => {
      expect(await provider.send(request(content))).toMatchObject({
        state: "REJECTED",
        class: "never",
        code: "100",
        message: expect.stringContaining("Unsupported message type"),
      });
      expect(recorded).toMatchObject([{ accepted: false, body: sent }]);
    },
  );

  test("takes what marks a message as read, of messages that it knows", async () => {
    const { adminInboundUrl } = crabline.manifest.endpoints;
    const inbound = await fetch(adminInboundUrl, {
      method: "POST",
      headers: { "content-type": "application/json", "x-crabline-admin-token": crabline.manifest.adminToken },
      body: JSON.stringify({
        chatJid: "15550100101@s.whatsapp.net",
        senderJid: "15550100101@s.whatsapp.net",
        text: "Hi",
      }),
    });
    expect(inbound.status).toBe(200);
    const { webhook } = (await inbound.json()) as { webhook: unknown };
    const [event] = provider.parse(webhook, { receivedAt: new Date() });
    const messageId = event?.kind === "message" ? event.message.id : "";
    const { account, correlationId, signal } = request({ type: "text", text: "x" });
    await provider.markRead({ account, messageId, typing: true, correlationId, signal });
    expect(recorded.at(-1)).toMatchObject({ accepted: true, body: { status: "read", message_id: messageId } });
  });

  test("does not take the plus before a number, which Meta asks for", async () => {
    const outcome = await createCloudApiProvider(settings).send(request({ type: "text", text: "Hello" }));
    expect(outcome).toMatchObject({ state: "REJECTED", message: expect.stringContaining("Invalid parameter: to") });
  });

  test("does not take a user id instead of a number", async () => {
    const outcome = await provider.send({ ...request({ type: "text", text: "Hello" }), recipient: { bsuid: "US.1" } });
    expect(outcome).toMatchObject({ state: "REJECTED", message: expect.stringContaining("Invalid parameter: to") });
  });
});
