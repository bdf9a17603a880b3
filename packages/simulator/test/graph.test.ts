// The Graph API: sends, errors, limits, statuses, media.
import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ana, type Desk, openDesk, token, until } from "./desk.ts";

let desk: Desk;
beforeEach(async () => {
  desk = await openDesk();
  await desk.api("POST", `/phones/${ana}/messages`, { type: "text", text: "hi" });
  await until(() => desk.door.messages.length === 1);
});
afterEach(() => desk.close());

type Sent = { readonly contacts: readonly unknown[]; readonly messages: readonly [{ readonly id: string }] };
const id = (answer: { readonly json: Sent }) => answer.json.messages[0].id;
const hello = { text: { body: "hello" } };
const phone = (key = ana) => desk.api("GET", `/phones/${key}/messages?direction=out`).then(({ json }): Shown[] => json);
type Shown = { readonly id: string; readonly text?: string; readonly status: string; readonly order: number };
const failure = (answer: { readonly json: { readonly error: Fields } }) => answer.json.error;
type Fields = Readonly<Record<string, unknown>>;

function idOf(value: unknown): string {
  expect(value).toHaveProperty("id");
  return typeof value === "object" && value !== null && "id" in value ? String(value.id) : "";
}

describe("a send", () => {
  it("is answered with the recipient and a message id, and arrives on the phone", async () => {
    const answer = await desk.send({ to: `+${ana}`, ...hello, biz_opaque_callback_data: "out-1" });
    expect(answer).toMatchObject({
      status: 200,
      json: { messaging_product: "whatsapp", contacts: [{ input: `+${ana}`, wa_id: ana }], messages: [{}] },
    });
    expect(id(answer)).toMatch(/^wamid\.[A-Za-z0-9+/=]{40,}$/);
    expect(await phone()).toMatchObject([
      { id: id(answer), text: "hello", order: 1, biz_opaque_callback_data: "out-1" },
    ]);
  });

  it("is followed by sent, delivered and read, with pricing and the callback datum", async () => {
    const answer = await desk.send({ ...hello, biz_opaque_callback_data: "out-1" });
    await until(() => desk.door.statuses.length === 3);
    expect(desk.door.statuses.map((status) => status.status)).toEqual(["sent", "delivered", "read"]);
    for (const status of desk.door.statuses)
      expect(status).toMatchObject({
        id: id(answer),
        recipient_id: ana,
        recipient_user_id: expect.stringMatching(/^US\./),
        biz_opaque_callback_data: "out-1",
        timestamp: expect.stringMatching(/^\d{10}$/),
      });
    expect(desk.door.statuses[0]).toHaveProperty("pricing.pricing_model", "PMP");
    expect(desk.door.statuses[2]).not.toHaveProperty("pricing");
  });

  it("has its statuses backwards when chaos wants that", async () => {
    await desk.api("POST", "/chaos", { statusOrder: "reversed" });
    await desk.send(hello);
    await until(() => desk.door.statuses.length === 3);
    expect(desk.door.statuses.map((status) => status.status)).toEqual(["read", "delivered", "sent"]);
  });

  it("is not read by a phone that does not read by itself", async () => {
    await desk.api("POST", "/phones", { phone: ana, auto_read: false });
    await desk.send(hello);
    await until(() => desk.door.statuses.length === 2);
    expect((await phone())[0]?.status).toBe("delivered");
  });

  it("goes to a BSUID by `recipient`, and to nobody by `to`", async () => {
    const { key }: { key: string } = (await desk.api("POST", "/phones", { username: "ben" })).json;
    await desk.api("POST", `/phones/${key}/messages`, { type: "text", text: "hi" });
    const dropped = await desk.send({ to: key, ...hello });
    expect(dropped.status).toBe(200);
    expect(await phone(key)).toEqual([]);
    const answer = await desk.send({ to: undefined, recipient: key, ...hello });
    const { contacts }: Sent = answer.json;
    expect(contacts).toEqual([{ input: key, user_id: key }]);
    await until(() => desk.door.statuses.length === 3);
    expect(desk.door.statuses[0]).toMatchObject({ recipient_user_id: key });
    expect(desk.door.statuses[0]).not.toHaveProperty("recipient_id");
  });

  it("to an unknown number is accepted and fails later with 131026", async () => {
    const answer = await desk.send({ to: "15559999999", ...hello, biz_opaque_callback_data: "out-9" });
    await until(() => desk.door.statuses.length === 1);
    expect(desk.door.statuses[0]).toMatchObject({
      id: id(answer),
      status: "failed",
      recipient_id: "15559999999",
      biz_opaque_callback_data: "out-9",
      errors: [{ code: 131026 }],
    });
  });

  it("with the same callback datum is counted as a duplicate", async () => {
    await desk.send({ ...hello, biz_opaque_callback_data: "out-1" });
    await desk.send({ ...hello, biz_opaque_callback_data: "out-1" });
    expect((await desk.api("GET", "/stats")).json).toMatchObject({ acceptedSends: 2, duplicateSends: 1 });
    expect((await phone()).map((message) => message.order)).toEqual([1, 2]);
  });

  it("marks as read and shows typing dots until the reply", async () => {
    const inbound = desk.door.messages[0]?.id;
    const read = {
      messaging_product: "whatsapp",
      status: "read",
      message_id: inbound,
      typing_indicator: { type: "text" },
    };
    expect((await desk.graph("POST", "100000000000001/messages", read)).json).toEqual({ success: true });
    expect((await desk.api("GET", `/phones/${ana}`)).json).toHaveProperty("typing_until");
    expect((await desk.api("GET", `/phones/${ana}/messages`)).json).toMatchObject([{ status: "read" }]);
    await desk.send(hello);
    expect((await desk.api("GET", `/phones/${ana}`)).json).not.toHaveProperty("typing_until");
  });
});

describe("a refusal", () => {
  const button = (title: string, index: number) => ({ type: "reply", reply: { id: `b${index}`, title } });
  const buttons = (...titles: string[]) => ({
    type: "interactive",
    text: undefined,
    interactive: { type: "button", body: { text: "?" }, action: { buttons: titles.map(button) } },
  });
  const rows = (count: number) => ({
    type: "interactive",
    interactive: {
      type: "list",
      body: { text: "?" },
      action: {
        button: "Open",
        sections: [{ rows: Array.from({ length: count }, (_, index) => ({ id: `${index}`, title: "row" })) }],
      },
    },
  });

  it.each([
    ["a text without body", { text: { body: "" } }, 100],
    ["a text that is too long", { text: { body: "x".repeat(4097) } }, 100],
    ["an unknown type", { type: "hologram" }, 100],
    ["a missing recipient", { to: undefined, ...hello }, 100],
    ["a missing object", { type: "image" }, 131008],
    ["both id and link", { type: "image", image: { id: "1", link: "https://x.test/a.png" } }, 131009],
    ["unknown media", { type: "image", image: { id: "1" } }, 100],
    ["four buttons", buttons("a", "b", "c", "d"), 131009],
    ["a long button title", buttons("x".repeat(21)), 131009],
    ["eleven rows", rows(11), 131009],
    ["a callback datum that is too long", { ...hello, biz_opaque_callback_data: "x".repeat(513) }, 100],
    ["a send to itself", { to: "15550100001", ...hello }, 131021],
  ])("of %s has Meta's code", async (_, body, code) => {
    const answer = await desk.send(body);
    expect(answer.status).toBe(400);
    expect(failure(answer)).toMatchObject({ code, type: "OAuthException", fbtrace_id: expect.any(String) });
  });

  it("lets three buttons and ten rows pass", async () => {
    expect((await desk.send(buttons("a", "b", "x".repeat(20)))).status).toBe(200);
    expect((await desk.send(rows(10))).status).toBe(200);
  });

  it("of a wrong token, an unknown version and an unknown object", async () => {
    const url = `${desk.url}/v26.0/100000000000001/messages`;
    const wrong = await fetch(url, { method: "POST", headers: { authorization: "Bearer nope" }, body: "{}" });
    expect([wrong.status, await wrong.json()]).toMatchObject([401, { error: { code: 190 } }]);
    const version = await desk.api("POST", "/v99.0/100000000000001/messages", {});
    expect(failure(version)).toMatchObject({ code: 2500, message: expect.stringContaining("Unknown path components") });
    const unknown = await desk.graph("POST", "123/messages", {});
    expect(failure(unknown)).toMatchObject({ code: 100, error_subcode: 33 });
  });

  it("comes from chaos as often as was asked for", async () => {
    await desk.api("POST", "/chaos", { graph: { errorCode: 131016, httpStatus: 503, count: 2 } });
    const answers = [await desk.send(hello), await desk.send(hello), await desk.send(hello)];
    expect(answers.map((answer) => answer.status)).toEqual([503, 503, 200]);
    expect((await desk.api("GET", "/stats")).json).toMatchObject({ graphErrors: { 131016: 2 } });
  });

  it("can be a closed socket although the message was delivered", async () => {
    await desk.api("POST", "/chaos", { graph: { hangProbability: 1 } });
    await expect(desk.send({ ...hello, biz_opaque_callback_data: "out-1" })).rejects.toThrow();
    expect(await phone()).toMatchObject([{ biz_opaque_callback_data: "out-1" }]);
    await until(() => desk.door.statuses.some((status) => status.biz_opaque_callback_data === "out-1"));
  });

  it("can come later, as a failed status", async () => {
    await desk.api("POST", "/chaos", { graph: { laterErrorCode: 131000 } });
    expect((await desk.send(hello)).status).toBe(200);
    await until(() => desk.door.statuses.length === 1);
    expect(desk.door.statuses[0]).toMatchObject({ status: "failed", errors: [{ code: 131000 }] });
    expect(await phone()).toEqual([]);
  });
});

describe("limits", () => {
  const throttle = (limits: unknown) => desk.api("POST", "/chaos", { throttle: limits });
  const codes = async (count: number) => {
    const all: unknown[] = [];
    for (let index = 0; index < count; index += 1) {
      const answer = await desk.send(hello);
      all.push(answer.status === 200 ? 0 : failure(answer).code);
    }
    return all;
  };

  it("per second and number", async () => {
    await throttle({ perSecond: 2 });
    expect(await codes(3)).toEqual([0, 0, 130429]);
  });

  it("per customer: a burst, then one every few seconds", async () => {
    await throttle({ pairBurst: 2 });
    expect(await codes(3)).toEqual([0, 0, 131056]);
    await desk.api("POST", "/phones/15550100077/messages", { type: "text", text: "hi" });
    expect((await desk.send({ to: "15550100077", ...hello })).status).toBe(200);
  });

  it("of 24 hours, which templates do not know", async () => {
    await desk.api("POST", "/phones", { phone: "15550100099" });
    const silent = { to: "15550100099" };
    expect(failure(await desk.send({ ...silent, ...hello }))).toMatchObject({ code: 131047 });
    const template = { type: "template", template: { name: "hello_world", language: { code: "en_US" } } };
    expect((await desk.send({ ...silent, ...template })).status).toBe(200);
    await throttle({ windowAnswer: "status" });
    expect((await desk.send({ ...silent, ...hello })).status).toBe(200);
    await until(() => desk.door.statuses.some((status) => status.status === "failed"));
    await throttle({ windowHours: null });
    expect((await desk.send({ ...silent, ...hello })).status).toBe(200);
  });

  it("can be switched off", async () => {
    await throttle({ perSecond: null, pairBurst: null });
    expect(new Set(await codes(60))).toEqual(new Set([0]));
  });
});

describe("media", () => {
  it("is uploaded, looked up, fetched with the token, sent and deleted", async () => {
    const bytes = new Uint8Array([0x89, 0x50, 1, 2, 3]);
    const form = new FormData();
    form.set("messaging_product", "whatsapp");
    form.set("file", new File([bytes], "a.png", { type: "image/png" }));
    const headers = { authorization: `Bearer ${token}` };
    const uploaded = await fetch(`${desk.url}/v26.0/100000000000001/media`, { method: "POST", headers, body: form });
    const media = idOf(await uploaded.json());
    const facts: { url: string } = (await desk.graph("GET", media)).json;
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    expect(facts).toMatchObject({ id: media, mime_type: "image/png", file_size: 5, sha256 });
    expect((await fetch(facts.url)).status).toBe(401);
    expect((await fetch(facts.url.replace("hash=", "hash=x"), { headers })).status).toBe(404);
    expect(new Uint8Array(await (await fetch(facts.url, { headers })).arrayBuffer())).toEqual(bytes);
    expect((await desk.send({ type: "image", image: { id: media } })).status).toBe(200);
    expect((await desk.graph("DELETE", media)).json).toEqual({ success: true });
    expect((await desk.graph("GET", media)).status).toBe(400);
  });

  it("of a customer can be fetched", async () => {
    await desk.api("POST", `/phones/${ana}/messages`, { type: "image" });
    await until(() => desk.door.messages.length === 2);
    const image = desk.door.messages[1]?.image;
    const { url }: { url: string } = (await desk.graph("GET", idOf(image))).json;
    const bytes = await (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).arrayBuffer();
    const sha256 = createHash("sha256").update(new Uint8Array(bytes)).digest("base64");
    expect(image).toMatchObject({ sha256 });
  });
});

describe("numbers", () => {
  it("can be added, with a token of their own", async () => {
    await desk.api("POST", "/numbers", {
      phone_number_id: "100000000000002",
      display_phone_number: "+1 555 010 0002",
      access_token: "own",
    });
    expect((await desk.graph("GET", "100000000000001")).json).toMatchObject({ verified_name: "Luna Bistro" });
    expect((await desk.graph("GET", "100000000000002")).status).toBe(401);
    await desk.api("POST", `/phones/${ana}/messages`, { type: "text", text: "hi", to: "100000000000002" });
    await until(() => desk.door.values.some((value) => value.metadata.phone_number_id === "100000000000002"));
  });
});
