// Message templates: the list and its pages, making and deleting them, what a send must bring, and the webhooks about them.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { ana, type Desk, openDesk, until } from "./desk.ts";

let desk: Desk;
beforeEach(async () => {
  desk = await openDesk();
  await desk.api("POST", `/phones/${ana}/messages`, { type: "text", text: "hi" });
});
afterEach(() => desk.close());

const waba = "200000000000001";
const pageSchema = z.object({
  data: z.array(z.looseObject({ id: z.string(), name: z.string().optional(), language: z.string().optional() })),
  paging: z
    .object({
      cursors: z.object({ before: z.string(), after: z.string() }),
      next: z.string().optional(),
      previous: z.string().optional(),
    })
    .optional(),
});
const page = async (query: string) =>
  pageSchema.parse((await desk.graph("GET", `${waba}/message_templates${query}`)).json);
const failure = (answer: { readonly json: { readonly error: Readonly<Record<string, unknown>> } }) => answer.json.error;
const texts = (...values: string[]) => ({ type: "body", parameters: values.map((text) => ({ type: "text", text })) });
const send = (name: string, code: string, components?: unknown, more: Readonly<Record<string, unknown>> = {}) =>
  desk.send({ type: "template", template: { name, language: { code }, components }, ...more });
const changes = (field: string) =>
  desk.door.received
    .flatMap(({ json }) => json.entry.flatMap((entry) => entry.changes))
    .filter((item) => item.field === field);

describe("the list", () => {
  it("comes in pages, forwards and backwards", async () => {
    const all = await page("?limit=1000");
    const names: string[] = [];
    let answer = await page("?limit=5");
    for (;;) {
      names.push(...answer.data.map(({ id }) => id));
      const next = answer.paging?.next;
      if (next === undefined) break;
      answer = await page(new URL(next).search);
    }
    expect(names).toEqual(all.data.map(({ id }) => id));
    const back = await page(new URL(answer.paging?.previous ?? "").search);
    expect(back.data.map(({ id }) => id)).toEqual(names.slice(-5 - answer.data.length, -answer.data.length));
    expect(failure(await desk.graph("GET", `${waba}/message_templates?after=nonsense`))).toMatchObject({
      code: 131059,
    });
  });

  it("is filtered, and shows the fields that are asked for", async () => {
    const all = await page("?name=order_update");
    expect(all.data.map(({ language }) => language)).toEqual(["en_US", "es", "pt_BR"]);
    expect((await page("?name=order_update&status=APPROVED")).data).toHaveLength(2);
    const [only] = (await page("?status=PAUSED&fields=name,status,quality_score")).data;
    expect(only).toEqual({
      id: expect.any(String),
      name: "weekend_deal",
      status: "PAUSED",
      quality_score: { score: "RED", date: expect.any(Number) },
    });
    expect((await desk.graph("GET", `${only?.id}?fields=status`)).json).toEqual({ id: only?.id, status: "PAUSED" });
    expect(failure(await desk.graph("GET", "999/message_templates"))).toMatchObject({ code: 100, error_subcode: 33 });
  });
});

describe("a template", () => {
  const fresh = {
    name: "pickup_ready",
    language: "en",
    category: "UTILITY",
    components: [{ type: "BODY", text: "Hi {{1}}, it is ready.", example: { body_text: [["Ana"]] } }],
  };

  it("is made, reviewed, sent, edited and deleted", async () => {
    const made = await desk.graph("POST", `${waba}/message_templates`, fresh);
    expect(made.json).toMatchObject({ id: expect.any(String), status: "PENDING", category: "UTILITY" });
    await until(() => changes("message_template_status_update").length === 1);
    expect(changes("message_template_status_update")[0]?.value).toMatchObject({
      event: "APPROVED",
      message_template_name: "pickup_ready",
      message_template_language: "en",
      message_template_id: expect.any(Number),
      reason: "NONE",
    });
    expect((await send("pickup_ready", "en", [texts("Ana")])).status).toBe(200);
    expect(failure(await desk.graph("POST", `${waba}/message_templates`, fresh))).toMatchObject({
      code: 100,
      error_subcode: 2388024,
    });
    const { id }: { id: string } = made.json;
    expect((await desk.graph("POST", id, { components: [{ type: "BODY", text: "It is ready." }] })).json).toMatchObject(
      { success: true },
    );
    await until(() => changes("message_template_status_update").length === 2);
    expect((await send("pickup_ready", "en")).status).toBe(200);
    expect((await desk.graph("DELETE", `${waba}/message_templates?name=pickup_ready`)).json).toEqual({ success: true });
    expect(failure(await send("pickup_ready", "en"))).toMatchObject({ code: 132001 });
  });

  it.each([
    ["a name with spaces", { name: "Pickup ready" }],
    ["no body", { components: [{ type: "FOOTER", text: "x" }] }],
    ["a variable at the end", { components: [{ type: "BODY", text: "Hi {{1}}" }] }],
    ["a gap in the variables", { components: [{ type: "BODY", text: "Hi {{2}}!" }] }],
    ["a long body", { components: [{ type: "BODY", text: "x".repeat(1025) }] }],
    [
      "a long button",
      {
        components: [
          ...fresh.components,
          { type: "BUTTONS", buttons: [{ type: "QUICK_REPLY", text: "x".repeat(26) }] },
        ],
      },
    ],
  ])("with %s is refused", async (_, wrong) => {
    expect(failure(await desk.graph("POST", `${waba}/message_templates`, { ...fresh, ...wrong }))).toMatchObject({
      code: 100,
    });
  });

  it("changes its status, quality and category, and the business is told", async () => {
    await desk.api("POST", "/templates/order_update", {
      language: "es",
      status: "PAUSED",
      quality: "RED",
      category: "MARKETING",
    });
    await until(() => desk.door.received.length === 4);
    expect(changes("message_template_status_update")[0]?.value).toMatchObject({
      event: "PAUSED",
      message_template_language: "es",
    });
    expect(changes("message_template_quality_update")[0]?.value).toMatchObject({
      previous_quality_score: "GREEN",
      new_quality_score: "RED",
    });
    expect(changes("template_category_update")[0]?.value).toMatchObject({
      previous_category: "UTILITY",
      new_category: "MARKETING",
    });
    expect(desk.door.received.every(({ json }) => json.entry[0]?.id === waba)).toBe(true);
    expect(failure(await send("order_update", "es", [texts("a", "b", "c")]))).toMatchObject({ code: 132015 });
    expect((await send("order_update", "en_US", [texts("a", "b", "c")])).status).toBe(200);
  });
});

describe("a template message", () => {
  const named = (values: Readonly<Record<string, string>>) =>
    Object.entries(values).map(([parameter_name, text]) => ({ type: "text", parameter_name, text }));
  const image = { type: "header", parameters: [{ type: "image", image: { link: "https://example.test/a.png" } }] };
  const url = (index: number, text: string) => ({
    type: "button",
    sub_type: "url",
    index: String(index),
    parameters: [{ type: "text", text }],
  });

  it("stands on the phone as its reader sees it", async () => {
    const payload = {
      type: "button",
      sub_type: "quick_reply",
      index: "0",
      parameters: [{ type: "payload", payload: "BOOK" }],
    };
    await send("summer_menu", "en", [image, texts("Ana", "15%"), payload, url(2, "july")]);
    const shown: unknown = (await desk.api("GET", `/phones/${ana}/messages?direction=out`)).json;
    expect(shown).toMatchObject([
      {
        type: "template",
        text: "Hello Ana! Our summer menu is here, with 15% off all week.",
        template: {
          header: { format: "IMAGE", media: { link: "https://example.test/a.png" } },
          buttons: [
            { type: "QUICK_REPLY", text: "Book a table", payload: "BOOK" },
            { type: "QUICK_REPLY", text: "Stop promotions", payload: "Stop promotions" },
            { type: "URL", url: "https://luna-bistro.example/menu/july" },
          ],
        },
      },
    ]);
    await desk.api("POST", `/phones/${ana}/messages`, { type: "quick_reply", text: "Book a table" });
    await until(() => desk.door.messages.some(({ type }) => type === "button"));
    expect(desk.door.messages.at(-1)).toMatchObject({
      button: { text: "Book a table", payload: "BOOK" },
      context: { id: expect.any(String) },
    });
  });

  it("takes named parameters in any order, with the category in the pricing", async () => {
    const body = { type: "body", parameters: named({ people: "4", hour: "20:00", day: "Friday" }) };
    const header = { type: "header", parameters: named({ guest: "Ana" }) };
    expect((await send("table_reminder", "en", [header, body])).status).toBe(200);
    await until(() => desk.door.statuses.length > 0);
    expect(desk.door.statuses[0]).toMatchObject({ pricing: { category: "utility" } });
  });

  const cases: readonly [string, [string, string, unknown?], number, string][] = [
    ["a name that does not exist", ["nothing", "en"], 132001, "does not exist in en"],
    ["another language", ["order_update", "fr"], 132001, "does not exist in fr"],
    ["one in review", ["order_update", "pt_BR"], 132001, "is not approved"],
    ["a paused one", ["weekend_deal", "en", [texts("Ana")]], 132015, "paused"],
    ["a disabled one", ["old_newsletter", "en"], 132016, "disabled"],
    ["a rejected one", ["win_a_prize", "en", [texts("Ana")]], 132001, "is not approved"],
    [
      "too few parameters",
      ["order_update", "en_US", [texts("Ana")]],
      132000,
      "(1) does not match the expected number of params (3)",
    ],
    ["no parameters", ["order_update", "en_US"], 132000, "(0)"],
    [
      "an unknown name of a parameter",
      ["table_reminder", "de", [{ type: "body", parameters: named({ day: "a", hour: "b", nobody: "c" }) }]],
      132000,
      "nobody",
    ],
    ["no names of parameters", ["table_reminder", "de", [texts("a", "b", "c")]], 100, "Parameter name is missing"],
    [
      "no header",
      ["summer_menu", "en", [texts("Ana", "15%"), url(2, "x")]],
      132012,
      "expected IMAGE, received UNKNOWN",
    ],
    ["another header", ["invoice", "en", [image, texts("Ana")]], 132012, "expected DOCUMENT, received IMAGE"],
    ["no value for a URL", ["summer_menu", "en", [image, texts("Ana", "15%")]], 131008, "index 2 of type Url"],
    [
      "a button that is not there",
      ["summer_menu", "en", [image, texts("Ana", "15%"), url(2, "x"), url(7, "x")]],
      132018,
      "index 7",
    ],
    ["a line break in a parameter", ["order_update", "en_US", [texts("A\nB", "b", "c")]], 132018, "new-line"],
    ["an empty parameter", ["order_update", "en_US", [texts("", "b", "c")]], 131008, "missing text value"],
    [
      "a text that becomes too long",
      ["order_update", "en_US", [texts("x".repeat(1024), "b", "c")]],
      132005,
      "too long",
    ],
    ["a voucher without its code", ["voucher", "en", [texts("10%")]], 131008, "CopyCode"],
  ];
  it.each(cases)("of %s is refused", async (_, [name, code, components], error, details) => {
    const refused = failure(await send(name, code, components));
    expect(refused).toMatchObject({ code: error, error_data: { details: expect.stringContaining(details) } });
  });

  it("with a login code needs a phone number", async () => {
    const { bsuid }: { bsuid: string } = (await desk.api("GET", `/phones/${ana}`)).json;
    const components = [texts("123456"), url(0, "123456")];
    expect((await send("login_code", "en", components)).status).toBe(200);
    expect(failure(await send("login_code", "en", components, { to: undefined, recipient: bsuid }))).toMatchObject({
      code: 131062,
    });
  });

  it("of marketing does not come to who stopped it, until it is wanted again", async () => {
    const voucher = [
      texts("10%"),
      {
        type: "button",
        sub_type: "copy_code",
        index: "0",
        parameters: [{ type: "coupon_code", coupon_code: "LUNA10" }],
      },
    ];
    await desk.api("POST", `/phones/${ana}/marketing`, { value: "stop" });
    await until(() => changes("user_preferences").length === 1);
    expect(changes("user_preferences")[0]?.value).toMatchObject({
      contacts: [{ wa_id: ana }],
      user_preferences: [{ wa_id: ana, category: "marketing_messages", value: "stop" }],
    });
    expect((await send("voucher", "en", voucher)).status).toBe(200);
    await until(() => desk.door.statuses.length === 1);
    expect(desk.door.statuses[0]).toMatchObject({ status: "failed", errors: [{ code: 131050 }] });
    await desk.api("POST", "/chaos", { throttle: { stopAnswer: "error" } });
    expect(failure(await send("voucher", "en", voucher))).toMatchObject({ code: 131050 });
    expect((await send("order_update", "en_US", [texts("a", "b", "c")])).status).toBe(200);
    await desk.api("POST", `/phones/${ana}/marketing`, { value: "resume" });
    expect((await send("voucher", "en", voucher)).status).toBe(200);
  });
});
