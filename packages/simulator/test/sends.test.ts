// Errors on order, sends that fail before and after they are taken, and the simulator's own record of all of them.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { ana, type Desk, openDesk, token, until } from "./desk.ts";

let desk: Desk;
beforeEach(async () => {
  desk = await openDesk();
  await desk.api("POST", `/phones/${ana}/messages`, { type: "text", text: "hi" });
  await until(() => desk.door.messages.length === 1);
});
afterEach(() => desk.close());

const hello = (datum?: string) => ({
  text: { body: "hello" },
  ...(datum === undefined ? {} : { biz_opaque_callback_data: datum }),
});
const order = (rule: unknown) => desk.api("POST", "/chaos/errors", rule);
const chaos = (patch: unknown) => desk.api("POST", "/chaos", patch);
const failure = (answer: { readonly json: { readonly error: Readonly<Record<string, unknown>> } }) => answer.json.error;
const record = z.object({
  no: z.number(),
  accepted: z.boolean(),
  answered: z.boolean(),
  biz_opaque_callback_data: z.string().optional(),
  message_id: z.string().optional(),
  http_status: z.number().optional(),
  error_code: z.number().optional(),
  arrived_at: z.string().optional(),
  statuses: z.array(z.object({ status: z.string() })),
});
const records = async (query = "") => z.array(record).parse((await desk.api("GET", `/sends${query}`)).json);
const onPhone = async () =>
  z.array(z.unknown()).parse((await desk.api("GET", `/phones/${ana}/messages?direction=out`)).json);
/** The status of the answer, or 0 when there was none. */
const outcome = (datum: string) =>
  desk.send(hello(datum)).then(
    ({ status }) => status,
    () => 0,
  );

describe("an error on order", () => {
  it("answers every code of the table at once, with Meta's words and HTTP status", async () => {
    const table: { code: number; status: number; title: string }[] = (await desk.api("GET", "/errors")).json;
    expect(table.length).toBeGreaterThan(90);
    for (const { code, status, title } of table) {
      await order({ code, count: 1 });
      const answer = await desk.send(hello());
      expect(answer.status, String(code)).toBe(status);
      expect(failure(answer)).toMatchObject({ code, message: `(#${code}) ${title}`, type: "OAuthException" });
    }
    expect((await desk.send(hello())).status).toBe(200);
  });

  it("comes later as a failed status, for every code", async () => {
    const table: { code: number }[] = (await desk.api("GET", "/errors")).json;
    await chaos({ throttle: { perSecond: null, pairBurst: null } });
    for (const { code } of table) {
      await order({ code, mode: "status", count: 1 });
      expect((await desk.send(hello(`out-${code}`))).status).toBe(200);
    }
    await until(() => desk.door.statuses.length === table.length);
    for (const { code } of table)
      expect(desk.door.statuses).toContainEqual(
        expect.objectContaining({
          status: "failed",
          biz_opaque_callback_data: `out-${code}`,
          errors: [expect.objectContaining({ code, error_data: { details: expect.any(String) } })],
        }),
      );
    expect(await onPhone()).toEqual([]);
  });

  it("meets only the sends that it names", async () => {
    await desk.api("POST", "/phones/15550100077/messages", { type: "text", text: "hi" });
    await order([
      { code: 131056, phone: "+1 555 010 0077", http_status: 429, retry_after_s: 6 },
      { code: 131016, type: "image" },
      { code: 131031, number: "999999999999" },
    ]);
    expect((await desk.send(hello())).status).toBe(200);
    const url = `${desk.url}/v26.0/100000000000001/messages`;
    const answer = await fetch(url, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ messaging_product: "whatsapp", to: "15550100077", ...hello() }),
    });
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([429, "6"]);
    expect((await desk.send({ type: "image", image: { link: "https://example.test/a.png" } })).status).toBe(500);
    expect((await desk.api("GET", "/chaos/errors")).json).toMatchObject([{ met: 1 }, { met: 1 }, { met: 0 }]);
    await desk.api("DELETE", "/chaos/errors/1");
    expect((await desk.send({ to: "15550100077", ...hello() })).status).toBe(200);
    await desk.api("DELETE", "/chaos");
    expect((await desk.api("GET", "/chaos/errors")).json).toEqual([]);
  });
});

describe("a send that goes wrong", () => {
  it("before it is taken answers 500 or 503 and never reaches the phone", async () => {
    await chaos({ graph: { refuseProbability: 1 } });
    const answers = await Promise.all(Array.from({ length: 12 }, (_, index) => outcome(`out-${index}`)));
    expect(new Set(answers)).toEqual(new Set([500, 503]));
    expect(await onPhone()).toEqual([]);
    expect(await records("?accepted=false&answered=true")).toHaveLength(12);
    expect((await desk.api("GET", "/stats")).json).toMatchObject({
      refusedBefore: 12,
      acceptedSends: 0,
      sendRequests: 12,
    });
  });

  it("can be the page of a gateway, or a closed socket, before it is taken", async () => {
    await chaos({ graph: { refuseProbability: 1, refuseHow: "html", refuseStatus: 502 } });
    const url = `${desk.url}/v26.0/100000000000001/messages`;
    const body = JSON.stringify({ messaging_product: "whatsapp", to: ana, ...hello() });
    const answer = await fetch(url, { method: "POST", headers: { authorization: `Bearer ${token}` }, body });
    expect([answer.status, answer.headers.get("content-type")]).toEqual([502, expect.stringContaining("text/html")]);
    await chaos({ graph: { refuseHow: "close" } });
    expect(await outcome("out-1")).toBe(0);
    expect(await records("?biz_opaque_callback_data=out-1")).toMatchObject([{ accepted: false, answered: false }]);
    expect(await onPhone()).toEqual([]);
  });

  it.each(["close", "error"] as const)("after it is taken is on the phone (%s)", async (hangHow) => {
    await chaos({ graph: { hangProbability: 1, hangHow } });
    expect(await outcome("out-1")).toBeOneOf(hangHow === "close" ? [0] : [500, 503]);
    expect(await onPhone()).toMatchObject([{ biz_opaque_callback_data: "out-1" }]);
    await until(async () => (await records())[0]?.statuses.length === 3);
    const [only] = await records("?biz_opaque_callback_data=out-1");
    expect(only).toMatchObject({ accepted: true, answered: hangHow === "error", message_id: expect.any(String) });
    expect(only?.arrived_at).toBeDefined();
    expect(only?.statuses.map(({ status }) => status)).toEqual(["sent", "delivered", "read"]);
    expect((await desk.api("GET", "/stats")).json).toMatchObject({ hungSends: 1, acceptedSends: 1 });
  });

  it("can stay silent until the caller gives up", async () => {
    await chaos({ graph: { hangProbability: 1, hangHow: "silence" } });
    const abort = new AbortController();
    const url = `${desk.url}/v26.0/100000000000001/messages`;
    const sent = fetch(url, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ messaging_product: "whatsapp", to: ana, ...hello("out-1") }),
      signal: abort.signal,
    });
    await until(async () => (await onPhone()).length === 1);
    abort.abort();
    await expect(sent).rejects.toThrow();
    expect(await records()).toMatchObject([{ accepted: true, answered: false }]);
  });

  it("does so in the same order again with the same seed", async () => {
    const run = async () => {
      await chaos({
        seed: 7,
        throttle: { perSecond: null, pairBurst: null },
        graph: { refuseProbability: 0.1, hangProbability: 0.1 },
      });
      const answers: number[] = [];
      for (let index = 0; index < 60; index += 1) answers.push(await outcome(`out-${index}`));
      return answers;
    };
    const first = await run();
    expect(new Set(first)).toEqual(new Set([200, 0, 500, 503]));
    expect(await run()).toEqual(first);
    const { json }: { json: { hungSends: number; refusedBefore: number } } = await desk.api("GET", "/stats");
    const all = await records();
    expect(all.filter((item) => item.accepted && !item.answered)).toHaveLength(json.hungSends);
    expect(all.filter((item) => !item.accepted)).toHaveLength(json.refusedBefore);
  });
});

describe("the record", () => {
  it("has refusals for their form, with code and status", async () => {
    await desk.send({ type: "hologram", biz_opaque_callback_data: "out-1" });
    expect(await records()).toMatchObject([
      { no: 1, accepted: false, answered: true, http_status: 400, error_code: 100, biz_opaque_callback_data: "out-1" },
    ]);
  });

  it("finds a message by its id and a customer by the phone", async () => {
    await desk.send(hello("out-1"));
    await desk.send({ to: "15559999999", ...hello("out-2") });
    const [first] = await records("?phone=%2B15550100042");
    const byId = await records(`?message_id=${encodeURIComponent(first?.message_id ?? "")}`);
    expect(byId.map(({ no }) => no)).toEqual([1]);
    expect(await records("?limit=1")).toMatchObject([{ biz_opaque_callback_data: "out-2", error_code: 131026 }]);
  });
});

describe("the clock", () => {
  it("closes the window and fills the limits up again", async () => {
    await chaos({ throttle: { pairBurst: 1 } });
    expect((await desk.send(hello())).status).toBe(200);
    expect(failure(await desk.send(hello()))).toMatchObject({ code: 131056 });
    await desk.api("POST", "/clock", { advance_s: 6 });
    expect((await desk.send(hello())).status).toBe(200);
    await desk.api("POST", "/clock", { advance_s: 86_400 });
    expect(failure(await desk.send(hello()))).toMatchObject({ code: 131047 });
    await desk.api("POST", `/phones/${ana}/messages`, { type: "text", text: "again" });
    await desk.api("POST", "/clock", { advance_s: 10 });
    expect((await desk.send(hello())).status).toBe(200);
    expect((await desk.api("POST", "/clock", { offset_s: 0 })).json).toMatchObject({ offset_s: 0 });
  });

  it("is not needed to close one customer's window", async () => {
    const window = `/phones/${ana}/window`;
    expect((await desk.api("POST", window, { last_wrote_s_ago: 90_000 })).json).toMatchObject({ open: false });
    expect(failure(await desk.send(hello()))).toMatchObject({ code: 131047 });
    expect((await desk.api("POST", window, { last_wrote_s_ago: 86_000 })).json).toMatchObject({ open: true });
    expect((await desk.send(hello())).status).toBe(200);
    expect((await desk.api("POST", window, { last_wrote_at: null })).json).toMatchObject({ open: false });
    expect((await desk.api("POST", window, {})).status).toBe(400);
  });
});

describe("statuses", () => {
  const names = () => desk.door.statuses.map(({ status }) => status);

  it("come in a named order", async () => {
    await chaos({ statusOrder: ["read", "sent", "delivered"] });
    await desk.send(hello());
    await until(() => desk.door.statuses.length === 3);
    expect(names()).toEqual(["read", "sent", "delivered"]);
  });

  it("leave some out, and repeat others", async () => {
    await chaos({ statusSkip: ["delivered"], statusCopies: 1 });
    await desk.send(hello());
    await until(() => desk.door.statuses.length === 4);
    expect(names().sort()).toEqual(["read", "read", "sent", "sent"]);
  });

  it("share one webhook", async () => {
    await chaos({ statusTogether: true });
    await desk.send(hello());
    await until(() => desk.door.statuses.length === 3);
    expect(desk.door.received).toHaveLength(2);
    expect(names()).toEqual(["sent", "delivered", "read"]);
  });

  it("are known before the send is answered", async () => {
    await chaos({ statusBeforeAnswer: true });
    await desk.send(hello());
    expect(names()).toEqual(["sent", "delivered", "read"]);
  });

  it("of a voice message end with played", async () => {
    await desk.send({ type: "audio", audio: { link: "https://example.test/a.ogg", voice: true } });
    await until(() => desk.door.statuses.length === 4);
    expect(names()).toContain("played");
  });
});
