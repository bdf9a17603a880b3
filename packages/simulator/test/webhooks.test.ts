// What goes to the business: signature, envelope, retries, chaos.
import { createHmac } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ana, type Desk, openDesk, quick, secret, until } from "./desk.ts";

let desk: Desk;
beforeEach(async () => {
  desk = await openDesk();
});
afterEach(() => desk.close());

const write = (body: unknown, phone = ana) => desk.api("POST", `/phones/${phone}/messages`, body);
const idOf = (answer: { readonly json: { readonly id: string } }) => answer.json.id;
const bodyOf = ({ text }: Readonly<Record<string, unknown>>) =>
  typeof text === "object" && text !== null && "body" in text ? String(text.body) : "";
const text = (value: string) => ({ type: "text", text: value });

describe("signature", () => {
  it("covers the exact bytes, which are escaped as Meta escapes them", async () => {
    await write(text("Grüße 👋 a/b <50%> @you"));
    await until(() => desk.door.received.length === 1);
    const [first] = desk.door.received;
    const raw = first?.raw.toString("latin1") ?? "";
    expect(raw).toContain("Gr\\u00fc\\u00dfe \\ud83d\\udc4b a\\/b \\u003C50\\u0025> \\u0040you");
    expect(raw).toMatch(/^[\x20-\x7e]*$/);
    const expected = createHmac("sha256", secret)
      .update(first?.raw ?? "")
      .digest("hex");
    expect(first?.headers["x-hub-signature-256"]).toBe(`sha256=${expected}`);
    expect(first?.headers["user-agent"]).toBe("facebookexternalua");
    expect(desk.door.messages[0]).toMatchObject({ text: { body: "Grüße 👋 a/b <50%> @you" } });
  });

  it("is put on any body that a test wants to post", async () => {
    const answer = await desk.api("POST", "/webhooks/raw", { object: "whatsapp_business_account", entry: [] });
    expect(answer.json).toEqual({ status: 200, body: "done" });
    expect(desk.door.received[0]?.headers["x-hub-signature-256"]).toMatch(/^sha256=[0-9a-f]{64}$/);
  });

  it("comes with a verification that sends the token and expects the challenge", async () => {
    expect((await desk.api("POST", "/webhooks/verify")).json).toMatchObject({ verified: true });
  });
});

describe("envelope", () => {
  it("of a message has Meta's fields", async () => {
    const sent = await write(text("hi"));
    await until(() => desk.door.received.length === 1);
    const envelope = desk.door.received[0]?.json;
    expect(envelope).toMatchObject({ object: "whatsapp_business_account", entry: [{ id: "200000000000001" }] });
    expect(envelope?.entry[0]?.changes).toMatchObject([
      {
        field: "messages",
        value: {
          messaging_product: "whatsapp",
          metadata: { display_phone_number: "15550100001", phone_number_id: "100000000000001" },
          contacts: [{ profile: { name: "Ana" }, wa_id: ana, user_id: expect.stringMatching(/^US\.\d{20}$/) }],
          messages: [{ from: ana, timestamp: expect.stringMatching(/^\d{10}$/), type: "text", text: { body: "hi" } }],
        },
      },
    ]);
    expect(desk.door.messages[0]).toMatchObject({ id: idOf(sent) });
  });

  it("of a customer without a visible number has no phone anywhere", async () => {
    const added = await desk.api("POST", "/phones", { username: "@ben", name: "Ben" });
    const { key }: { key: string } = added.json;
    await write(text("hi"), key);
    await until(() => desk.door.messages.length === 1);
    const [value] = desk.door.values;
    expect(value?.contacts).toEqual([{ profile: { name: "Ben", username: "ben" }, user_id: key }]);
    expect(value?.messages?.[0]).not.toHaveProperty("from");
    expect(value?.messages?.[0]).toMatchObject({ from_user_id: key });
  });

  it.each([
    [
      { type: "button", id: "yes", title: "Yes", message_id: "wamid.A" },
      {
        type: "interactive",
        interactive: { type: "button_reply", button_reply: { id: "yes", title: "Yes" } },
        context: { from: "15550100001", id: "wamid.A" },
      },
    ],
    [
      { type: "list", id: "r1", title: "Soup", description: "hot", message_id: "wamid.A" },
      {
        type: "interactive",
        interactive: { type: "list_reply", list_reply: { id: "r1", title: "Soup", description: "hot" } },
      },
    ],
    [
      { type: "quick_reply", text: "Stop", message_id: "wamid.A" },
      { type: "button", button: { payload: "Stop", text: "Stop" } },
    ],
    [
      { type: "reaction", message_id: "wamid.A", emoji: "👍" },
      { type: "reaction", reaction: { message_id: "wamid.A", emoji: "👍" } },
    ],
    [
      { type: "location", latitude: 1.5, longitude: 2.5 },
      { type: "location", location: { latitude: 1.5, longitude: 2.5 } },
    ],
    [
      { type: "image", caption: "look" },
      { type: "image", image: { caption: "look", mime_type: "image/png" } },
    ],
    [
      { raw: { type: "order", order: { catalog_id: "1" }, id: "wamid.OWN" } },
      { type: "order", order: { catalog_id: "1" }, id: "wamid.OWN" },
    ],
  ])("of %j is as on the wire", async (body, expected) => {
    expect((await write(body)).status).toBe(201);
    await until(() => desk.door.messages.length === 1);
    expect(desk.door.messages[0]).toMatchObject(expected);
  });

  it("refuses what is not a message, and says why", async () => {
    const answer = await write({ type: "text" });
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ error: expect.stringContaining("text") });
  });
});

describe("delivery", () => {
  it("is repeated until it is answered 200", async () => {
    desk.door.answer = (count) => (count <= 2 ? 503 : 200);
    const sent = await write(text("hi"));
    await until(() => desk.door.messages.length === 1);
    expect((await desk.api("GET", "/stats")).json).toMatchObject({ webhookRetries: 2, webhooksRefused: 2 });
    const shown = await desk.api("GET", `/phones/${ana}/messages`);
    expect(shown.json).toMatchObject([{ id: idOf(sent), status: "delivered" }]);
  });

  it("keeps a customer's order while other customers go ahead", async () => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    desk.door.answer = async (count) => {
      if (count === 1) await gate;
      return 200;
    };
    await write(Array.from({ length: 10 }, (_, index) => text(`${index}`)));
    await write(text("other"), "15550100077");
    await until(() => desk.door.messages.length === 1);
    expect(desk.door.messages[0]).toMatchObject({ text: { body: "other" } });
    release();
    await until(() => desk.door.messages.length === 11);
    expect(desk.door.messages.slice(1).map((message) => bodyOf(message))).toEqual(
      Array.from({ length: 10 }, (_, index) => `${index}`),
    );
  });
});

describe("chaos", () => {
  const chaos = (patch: unknown) => desk.api("POST", "/chaos", patch);

  it("copies webhooks", async () => {
    await chaos({ duplicate: 2 });
    await write(text("hi"));
    await until(() => desk.door.messages.length === 3);
    expect(new Set(desk.door.messages.map((message) => message.id)).size).toBe(1);
  });

  it("lets webhooks overtake each other", async () => {
    await chaos({ reorder: true });
    await write(Array.from({ length: 20 }, (_, index) => text(`${index}`)));
    await until(() => desk.door.messages.length === 20);
    const bodies = desk.door.messages.map((message) => Number(bodyOf(message)));
    expect(bodies).not.toEqual([...bodies].sort((a, b) => a - b));
  });

  it("packs several events into one POST", async () => {
    await chaos({ batch: { size: 4, windowMs: 2000 } });
    await write([text("a"), text("b"), text("c")]);
    await write(text("d"), "15550100077");
    await until(() => desk.door.received.length === 1);
    expect(desk.door.values).toHaveLength(1);
    expect(desk.door.values[0]?.messages).toHaveLength(4);
    expect(desk.door.values[0]?.contacts).toHaveLength(2);
  });

  it("loses webhooks for ever", async () => {
    await chaos({ dropProbability: 1 });
    await write(text("hi"));
    expect((await desk.api("GET", "/stats")).json).toMatchObject({ webhooksDropped: 1, webhooksPosted: 0 });
  });

  it("delays webhooks without changing their order", async () => {
    await chaos({ delayMs: { min: 0, max: 60 } });
    await write(Array.from({ length: 8 }, (_, index) => text(`${index}`)));
    await until(() => desk.door.messages.length === 8);
    expect(desk.door.messages.map((message) => bodyOf(message)).join("")).toBe("01234567");
  });

  it("refuses settings that do not exist, and resets", async () => {
    const wrong = await chaos({ duplicates: 2 });
    expect(wrong.status).toBe(400);
    expect(wrong.json).toMatchObject({ error: expect.stringContaining("duplicates") });
    await chaos({ duplicate: 2, graph: { errorCode: 131000 } });
    expect((await desk.api("DELETE", "/chaos")).json).toMatchObject({ duplicate: 0, graph: { errorCode: null } });
  });

  it("is over after a reset, like everything else", async () => {
    await chaos({ duplicate: 2, ...quick });
    await write(text("hi"));
    await desk.api("POST", "/reset");
    expect((await desk.api("GET", "/stats")).json).toMatchObject({
      customerMessages: 0,
      messagesKept: 0,
      customers: 1,
    });
    expect((await desk.api("GET", "/chaos")).json).toMatchObject({ duplicate: 0 });
  });
});
