// Two WhatsApp Cloud API clients from npm, which know nothing of this project, work against the simulator as they work
// against Meta: over real sockets, with the program started as it is started for people.
import { WhatsAppClient } from "@kapso/whatsapp-cloud-api";
import { normalizeWebhook, verifySignature } from "@kapso/whatsapp-cloud-api/server";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { WhatsAppAPI } from "whatsapp-api-js";
import {
  ActionButtons,
  ActionContactRequest,
  ActionCTA,
  ActionList,
  ActionLocation,
  Body,
  BodyComponent,
  BodyParameter,
  Button,
  Document,
  Footer,
  Header,
  HeaderComponent,
  HeaderParameter,
  Image,
  Interactive,
  Language,
  ListSection,
  Location,
  Reaction,
  Row,
  SkipButtonComponent,
  Template,
  Text,
  URLComponent,
} from "whatsapp-api-js/messages";
import { z } from "zod";
import { samplePicture } from "../src/picture.ts";
import { ana, Door, secret, token, until } from "./desk.ts";
import { type Program, startProgram } from "./program.ts";

const number = "100000000000001";
const account = "200000000000001";
const picture = samplePicture();
const shown = z.array(
  z.looseObject({
    id: z.string(),
    type: z.string(),
    text: z.string().optional(),
    payload: z.unknown(),
    status: z.string(),
    context_id: z.string().optional(),
    template: z.unknown().optional(),
  }),
);

const door = new Door();
let program: Program;
beforeAll(async () => {
  program = await startProgram(await door.open());
});
afterAll(async () => {
  await program.stop();
  await door.close();
});
beforeEach(async () => {
  await call("POST", "/reset");
  door.received.length = 0;
});

async function call(method: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await fetch(program.url + path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return answer.json();
}
/** Ana writes; the id of her message. */
async function write(
  body: Readonly<Record<string, unknown>> = { type: "text", text: "Grüße 👋 a/b" },
): Promise<string> {
  return z.object({ id: z.string() }).parse(await call("POST", `/phones/${ana}/messages`, body)).id;
}
const phone = async (direction = "out") =>
  shown.parse(await call("GET", `/phones/${ana}/messages?direction=${direction}`));
const last = async () => (await phone()).at(-1);

describe("@kapso/whatsapp-cloud-api", () => {
  let client: WhatsAppClient;
  const to = { phoneNumberId: number, to: ana };
  beforeEach(async () => {
    client = new WhatsAppClient({ accessToken: token, baseUrl: program.url, graphVersion: "v26.0" });
    await write();
  });

  it("sends text, a quoted reply, a reaction and a location", async () => {
    const sent = await client.messages.sendText({ ...to, body: "hello", previewUrl: false });
    expect(sent).toMatchObject({
      contacts: [{ input: ana, waId: ana }],
      messages: [{ id: expect.stringMatching(/^wamid\./) }],
    });
    expect(await last()).toMatchObject({ id: sent.messages[0]?.id, text: "hello" });
    const [question] = await phone("in");
    await client.messages.sendText({ ...to, body: "quoted", contextMessageId: question?.id ?? "" });
    expect(await last()).toMatchObject({ text: "quoted", context_id: question?.id });
    await client.messages.sendReaction({ ...to, reaction: { messageId: question?.id ?? "", emoji: "👍" } });
    expect(await last()).toMatchObject({ type: "reaction", text: "👍", context_id: question?.id });
    await client.messages.sendLocation({ ...to, location: { latitude: 41.38, longitude: 2.17, name: "Luna" } });
    expect(await last()).toMatchObject({ type: "location", payload: { name: "Luna" } });
  });

  it("uploads a picture, sends it by id, and downloads one of the customer's", async () => {
    const uploaded = await client.media.upload({
      phoneNumberId: number,
      type: "image/png",
      file: new Blob([picture], { type: "image/png" }),
      fileName: "a.png",
    });
    await client.messages.sendImage({ ...to, image: { id: uploaded.id, caption: "look" } });
    expect(await last()).toMatchObject({ type: "image", payload: { id: uploaded.id, caption: "look" } });
    await write({ type: "image" });
    const [, image] = await phone("in");
    const { id } = z.object({ id: z.string() }).parse(image?.payload);
    const facts = await client.media.get({ mediaId: id, phoneNumberId: number });
    expect(facts).toMatchObject({ mimeType: "image/png", id });
    const bytes = await client.media.download({ mediaId: id, phoneNumberId: number, auth: "always" });
    expect(Buffer.from(bytes instanceof ArrayBuffer ? bytes : new ArrayBuffer(0))).toEqual(Buffer.from(picture));
    expect(await client.media.delete({ mediaId: uploaded.id, phoneNumberId: number })).toMatchObject({ success: true });
  });

  it("sends buttons, a list, a link, a flow and a request for the place", async () => {
    const buttons = [
      { id: "yes", title: "Yes" },
      { id: "no", title: "No" },
    ];
    await client.messages.sendInteractiveButtons({ ...to, bodyText: "A table?", footerText: "Luna", buttons });
    await write({ type: "button", id: "yes" });
    expect((await phone("in")).at(-1)).toMatchObject({ text: "Yes" });
    const sections = [{ title: "Today", rows: [{ id: "t1", title: "18:00", description: "by the window" }] }];
    await client.messages.sendInteractiveList({ ...to, bodyText: "When?", buttonText: "Times", sections });
    await client.messages.sendInteractiveCtaUrl({
      ...to,
      bodyText: "Our menu",
      parameters: { displayText: "Open", url: "https://luna-bistro.example" },
    });
    await client.messages.sendInteractiveFlow({
      ...to,
      bodyText: "Book",
      parameters: { flowId: "1", flowCta: "Book", flowToken: "t-1", flowMessageVersion: "3" },
    });
    await write({ type: "flow", response: { people: 4 } });
    expect((await phone("in")).at(-1)?.payload).toMatchObject({
      type: "nfm_reply",
      nfm_reply: { response_json: '{"flow_token":"t-1","people":4}' },
    });
    await client.messages.sendInteractiveLocationRequest({
      ...to,
      bodyText: "Where are you?",
      parameters: { requestMessage: "Where are you?" },
    });
    expect((await phone()).map(({ type }) => type)).toEqual(Array(5).fill("interactive"));
  });

  it("lists, makes, sends and deletes templates", async () => {
    const list = await client.templates.list({ businessAccountId: account, limit: 3 });
    expect(list.data).toHaveLength(3);
    const more = await client.templates.list({
      businessAccountId: account,
      limit: 100,
      after: list.paging?.cursors?.after ?? "",
    });
    expect(more.data.map(({ name }) => name)).toContain("summer_menu");
    await client.messages.sendTemplate({
      ...to,
      template: {
        name: "order_update",
        language: { code: "en_US" },
        components: [
          { type: "body", parameters: ["Ana", "A-1", "Friday"].map((text) => ({ type: "text" as const, text })) },
        ],
      },
    });
    expect(await last()).toMatchObject({
      text: "Hi Ana, your order A-1 is on its way and will be with you on Friday.",
    });
    const components = [{ type: "BODY" as const, text: "It is ready." }];
    const made = await client.templates.create({
      businessAccountId: account,
      name: "ready",
      language: "en",
      category: "UTILITY",
      components,
    });
    expect(made).toMatchObject({ status: "PENDING", category: "UTILITY" });
    expect(await client.templates.delete({ businessAccountId: account, name: "ready" })).toMatchObject({
      success: true,
    });
  });

  it("understands the errors", async () => {
    await call("POST", "/chaos/errors", { code: 131056, http_status: 429, retry_after_s: 6, count: 1 });
    await expect(client.messages.sendText({ ...to, body: "x" })).rejects.toMatchObject({
      code: 131056,
      httpStatus: 429,
      category: "throttling",
      retry: { retryAfterMs: 6000 },
    });
    await expect(client.messages.sendText({ ...to, body: "x".repeat(4097) })).rejects.toThrow();
    const nobody = new WhatsAppClient({ accessToken: "wrong", baseUrl: program.url, graphVersion: "v26.0" });
    await expect(nobody.messages.sendText({ ...to, body: "x" })).rejects.toMatchObject({
      code: 190,
      category: "authorization",
    });
  });

  it("marks as read with typing dots, checks signatures and reads the webhooks", async () => {
    await until(() => door.messages.length === 1);
    const [first] = door.received;
    const signatureHeader = String(first?.headers["x-hub-signature-256"]);
    const rawBody = first?.raw ?? Buffer.alloc(0);
    expect(verifySignature({ appSecret: secret, rawBody, signatureHeader })).toBe(true);
    expect(verifySignature({ appSecret: "other", rawBody, signatureHeader })).toBe(false);
    const read = normalizeWebhook(first?.json);
    expect(read.messages).toMatchObject([{ type: "text", text: { body: "Grüße 👋 a/b" }, from: ana }]);
    const messageId = read.messages[0]?.id ?? "";
    await client.messages.markRead({ phoneNumberId: number, messageId, typingIndicator: { type: "text" } });
    expect(await phone("in")).toMatchObject([{ status: "read" }]);
    await client.messages.sendText({ ...to, body: "hi" });
    await until(() => door.statuses.length === 3);
    const statuses = door.received.flatMap(({ json }) => normalizeWebhook(json).statuses);
    expect(statuses.map(({ status }) => status)).toEqual(["sent", "delivered", "read"]);
  });
});

describe("whatsapp-api-js", () => {
  let api: WhatsAppAPI;
  beforeEach(async () => {
    // The library has Meta's host built in; it is given a fetch that dials the simulator instead.
    const dial: typeof fetch = (input, init) =>
      fetch(String(input).replace("https://graph.facebook.com/", `${program.url}/`), init);
    api = new WhatsAppAPI({
      token,
      appSecret: secret,
      webhookVerifyToken: "verify",
      v: "v26.0",
      ponyfill: { fetch: dial },
    });
    await write();
  });

  it("sends text, a quoted reply, a reaction and a location", async () => {
    const answer = await api.sendMessage(number, ana, new Text("hello"), undefined, "out-1");
    expect(answer).toMatchObject({ messages: [{ id: expect.stringMatching(/^wamid\./) }] });
    expect(await last()).toMatchObject({ text: "hello", biz_opaque_callback_data: "out-1" });
    const [question] = await phone("in");
    await api.sendMessage(number, ana, new Text("quoted"), question?.id);
    expect(await last()).toMatchObject({ text: "quoted", context_id: question?.id });
    await api.sendMessage(number, ana, new Reaction(question?.id ?? "", "👍"));
    await api.sendMessage(number, ana, new Location(2.17, 41.38, "Luna", "Barcelona"));
    expect((await phone()).map(({ type }) => type)).toEqual(["text", "text", "reaction", "location"]);
  });

  it("uploads a picture, sends it by id, and downloads one of the customer's", async () => {
    const form = new FormData();
    form.set("file", new File([picture], "a.png", { type: "image/png" }));
    const uploaded = z.object({ id: z.string() }).parse(await api.uploadMedia(number, form));
    await api.sendMessage(number, ana, new Image(uploaded.id, true, "look"));
    expect(await last()).toMatchObject({ type: "image", payload: { id: uploaded.id, caption: "look" } });
    await write({ type: "voice" });
    const [, voice] = await phone("in");
    const { id } = z.object({ id: z.string() }).parse(voice?.payload);
    const facts = z
      .object({ url: z.string(), mime_type: z.string(), file_size: z.coerce.number() })
      .parse(await api.retrieveMedia(id, number));
    expect(facts.mime_type).toBe("audio/ogg; codecs=opus");
    const bytes = await (await api.fetchMedia(facts.url)).arrayBuffer();
    expect(bytes.byteLength).toBe(facts.file_size);
    expect(await api.deleteMedia(uploaded.id, number)).toMatchObject({ success: true });
  });

  it("sends buttons, a list, a link, and requests for the place and the number", async () => {
    const send = (message: Interactive) => api.sendMessage(number, ana, message);
    await send(
      new Interactive(
        new ActionButtons(new Button("yes", "Yes"), new Button("no", "No")),
        new Body("A table?"),
        new Header("Luna"),
        new Footer("Bistro"),
      ),
    );
    await send(
      new Interactive(
        new ActionList("Times", new ListSection("Today", new Row("t1", "18:00", "by the window"))),
        new Body("When?"),
      ),
    );
    await send(new Interactive(new ActionCTA("Open", "https://luna-bistro.example"), new Body("Our menu")));
    await send(new Interactive(new ActionLocation(), new Body("Where are you?")));
    await send(new Interactive(new ActionContactRequest(), new Body("What is your number?")));
    await write({ type: "contacts", origin: "contact_request" });
    expect((await phone()).map(({ text }) => text)).toEqual([
      "A table?",
      "When?",
      "Our menu",
      "Where are you?",
      "What is your number?",
    ]);
    await until(() => door.messages.some(({ type }) => type === "contacts"));
    expect(door.messages.at(-1)).toMatchObject({ contacts: [{ origin: "contact_request", phones: [{ wa_id: ana }] }] });
  });

  it("sends templates with a header, parameters and buttons", async () => {
    const header = new HeaderComponent(new HeaderParameter(new Image("https://example.test/summer.png")));
    const body = new BodyComponent(new BodyParameter("Ana"), new BodyParameter("15%"));
    const buttons = [new SkipButtonComponent(), new SkipButtonComponent(), new URLComponent("july")];
    await api.sendMessage(number, ana, new Template("summer_menu", new Language("en"), header, body, ...buttons));
    expect(await last()).toMatchObject({ text: "Hello Ana! Our summer menu is here, with 15% off all week." });
    const invoice = new HeaderComponent(
      new HeaderParameter(new Document("https://example.test/invoice.pdf", false, undefined, "invoice.pdf")),
    );
    await api.sendMessage(
      number,
      ana,
      new Template("invoice", "en", invoice, new BodyComponent(new BodyParameter("Ana"))),
    );
    expect(await last()).toMatchObject({ text: "Thank you for your visit, Ana. Your invoice is attached." });
    const refused = await api.sendMessage(number, ana, new Template("invoice", "en"));
    expect(refused).toMatchObject({ error: { code: 132012 } });
  });

  it("marks as read, answers the verification, and checks signatures of what it reads", async () => {
    const seen: string[] = [];
    api.on.message = ({ message, from, name }) => {
      seen.push(`${from} ${name} ${message.type === "text" ? message.text.body : message.type}`);
    };
    api.on.status = ({ status, biz_opaque_callback_data: datum }) => {
      seen.push(`${status} ${datum}`);
    };
    await until(() => door.messages.length === 1);
    await api.sendMessage(number, ana, new Text("hello"), undefined, "out-1");
    await until(() => door.statuses.length === 3);
    // SAFETY: the library's own type of a webhook; what is wrong in it shows below.
    for (const { json, raw, headers } of door.received)
      await api.post(json as never, raw.toString(), String(headers["x-hub-signature-256"]));
    expect(seen).toEqual([`${ana} Ana Grüße 👋 a/b`, "sent out-1", "delivered out-1", "read out-1"]);
    await expect(api.post(door.received[0]?.json as never, "{}", "sha256=00")).rejects.toThrow();
    expect(api.get({ "hub.mode": "subscribe", "hub.verify_token": "verify", "hub.challenge": "42" })).toBe("42");
    const [question] = await phone("in");
    expect(await api.markAsRead(number, question?.id ?? "", "text")).toEqual({ success: true });
    expect(await phone("in")).toMatchObject([{ status: "read" }]);
  });
});
