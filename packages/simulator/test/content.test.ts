// Every type of message that the business can send and a customer can answer with, and what Meta refuses.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { ana, type Desk, openDesk, until } from "./desk.ts";

let desk: Desk;
beforeEach(async () => {
  desk = await openDesk();
  await desk.api("POST", `/phones/${ana}/messages`, { type: "text", text: "hi" });
  await until(() => desk.door.messages.length === 1);
});
afterEach(() => desk.close());

const failure = (answer: { readonly json: { readonly error: Readonly<Record<string, unknown>> } }) => answer.json.error;
const link = "https://example.test/file";
const body = { text: "?" };
const ask = (type: string, more: unknown) => ["interactive", { type, body, ...Object(more) }] as const;
const x = (count: number) => "x".repeat(count);
const flow = (more: unknown) =>
  ask("flow", {
    action: {
      name: "flow",
      parameters: { flow_message_version: "3", flow_cta: "Book", flow_id: "1", flow_token: "t", ...Object(more) },
    },
  });
const list = (rows: unknown, more: unknown = {}) =>
  ask("list", { action: { button: "Open", sections: [{ rows }], ...Object(more) } });

describe("the business may send", () => {
  const good: readonly (readonly [string, readonly [string, unknown]])[] = [
    ["a text of 4096 characters", ["text", { body: x(4096), preview_url: true }]],
    ["an image with a caption of 1024", ["image", { link, caption: x(1024) }]],
    ["a video", ["video", { link }]],
    ["a voice message", ["audio", { link, voice: true }]],
    ["a document", ["document", { link, filename: "menu.pdf", caption: "our menu" }]],
    ["a sticker", ["sticker", { link }]],
    ["a location", ["location", { latitude: 41.38, longitude: 2.17, name: "Luna", address: "Barcelona" }]],
    [
      "contacts",
      [
        "contacts",
        [{ name: { formatted_name: "Ben", first_name: "Ben" }, phones: [{ phone: "+15550100043", type: "CELL" }] }],
      ],
    ],
    [
      "a list with 10 rows of the longest texts",
      list(Array.from({ length: 10 }, (_, id) => ({ id: `${id}${x(199)}`, title: x(24), description: x(72) }))),
    ],
    [
      "a link",
      ask("cta_url", {
        header: { type: "image", image: { link } },
        action: { name: "cta_url", parameters: { display_text: "Open", url: link } },
      }),
    ],
    ["a flow", flow({})],
    ["a request for the place", ask("location_request_message", { action: { name: "send_location" } })],
    ["a request for the number", ask("request_contact_info", { action: { name: "request_contact_info" } })],
    ["a product", ask("product", { action: { catalog_id: "1", product_retailer_id: "a" } })],
    [
      "products",
      ask("product_list", {
        header: { type: "text", text: "All" },
        action: { catalog_id: "1", sections: [{ product_items: [{ product_retailer_id: "a" }] }] },
      }),
    ],
    [
      "a carousel",
      ask("carousel", {
        action: {
          cards: [
            { card_index: 0, type: "cta_url" },
            { card_index: 1, type: "cta_url" },
          ],
        },
      }),
    ],
    ["a catalogue", ask("catalog_message", { action: { name: "catalog_message" } })],
    [
      "a request for an address",
      ask("address_message", { action: { name: "address_message", parameters: { country: "IN" } } }),
    ],
  ];
  it.each(good)("%s", async (_, [type, content]) => {
    expect(await desk.send({ type, [type]: content })).toMatchObject({ status: 200 });
    const shown: unknown = (await desk.api("GET", `/phones/${ana}/messages?direction=out`)).json;
    expect(shown).toMatchObject([{ type, payload: content }]);
  });

  const bad: readonly (readonly [string, readonly [string, unknown], number])[] = [
    ["a caption of 1025", ["image", { link, caption: x(1025) }], 131009],
    ["a file without id and link", ["video", {}], 131009],
    ["a latitude of 91", ["location", { latitude: 91, longitude: 0 }], 131009],
    ["a location without a place", ["location", { name: "Luna" }], 131008],
    ["a contact without a name", ["contacts", [{ phones: [] }]], 131008],
    ["a reaction to nothing", ["reaction", { emoji: "👍" }], 131008],
    ["a row title of 25", list([{ id: "1", title: x(25) }]), 131009],
    ["a row description of 73", list([{ id: "1", title: "a", description: x(73) }]), 131009],
    [
      "two rows of the same id",
      list([
        { id: "1", title: "a" },
        { id: "1", title: "b" },
      ]),
      131009,
    ],
    ["a list without its button", list([{ id: "1", title: "a" }], { button: undefined }), 131008],
    [
      "a list body of 4097",
      ask("list", {
        body: { text: x(4097) },
        action: { button: "Open", sections: [{ rows: [{ id: "1", title: "a" }] }] },
      }),
      131009,
    ],
    [
      "a body of 1025",
      ask("cta_url", {
        body: { text: x(1025) },
        action: { name: "cta_url", parameters: { display_text: "Open", url: link } },
      }),
      131009,
    ],
    [
      "a footer of 61",
      ask("location_request_message", { footer: { text: x(61) }, action: { name: "nothing" } }),
      131009,
    ],
    [
      "a link button of 21",
      ask("cta_url", { action: { name: "cta_url", parameters: { display_text: x(21), url: link } } }),
      131009,
    ],
    ["a flow with id and name", flow({ flow_name: "a" }), 131009],
    ["a flow without a button", flow({ flow_cta: undefined }), 131008],
    ["one card", ask("carousel", { action: { cards: [{ card_index: 0, type: "cta_url" }] } }), 131009],
    ["an unknown kind", ask("hologram", { action: {} }), 131009],
  ];
  it.each(bad)("not %s", async (_, [type, content], code) => {
    expect(failure(await desk.send({ type, [type]: content }))).toMatchObject({ code });
  });

  it("no file whose type does not fit; it fails later", async () => {
    const form = new FormData();
    form.set("messaging_product", "whatsapp");
    form.set("file", new File(["%PDF"], "a.pdf", { type: "application/pdf" }));
    const uploaded = await fetch(`${desk.url}/v26.0/100000000000001/media`, {
      method: "POST",
      headers: { authorization: "Bearer test-access-token" },
      body: form,
    });
    const { id }: { id: string } = JSON.parse(await uploaded.text());
    expect((await desk.send({ type: "document", document: { id } })).status).toBe(200);
    expect((await desk.send({ type: "image", image: { id }, biz_opaque_callback_data: "out-1" })).status).toBe(200);
    await until(() => desk.door.statuses.some(({ status }) => status === "failed"));
    expect(desk.door.statuses.find(({ status }) => status === "failed")).toMatchObject({
      biz_opaque_callback_data: "out-1",
      errors: [{ code: 131053, error_data: { details: "Unsupported image mime type application/pdf." } }],
    });
    expect((await desk.api("GET", "/stats")).json).toMatchObject({ mediaUploads: 1 });
  });
});

describe("media by link", () => {
  const failed = () => desk.door.statuses.filter(({ status }) => status === "failed");

  it("is fetched when that is wanted, and fails when it cannot be had or does not fit", async () => {
    await desk.api("POST", "/chaos", { graph: { fetchLinks: true } });
    await desk.api("POST", `/phones/${ana}/messages`, { type: "image" });
    const [, written]: { payload: { id: string } }[] = (await desk.api("GET", `/phones/${ana}/messages`)).json;
    const good = `${desk.url}/page-media/${written?.payload.id}`;
    await desk.send({ type: "image", image: { link: good } });
    await until(
      async () =>
        z.array(z.unknown()).parse((await desk.api("GET", `/phones/${ana}/messages?direction=out`)).json).length === 1,
    );
    await desk.send({ type: "image", image: { link: `${desk.url}/nowhere` } });
    await until(() => failed().length === 1);
    await desk.send({ type: "video", video: { link: good } });
    await until(() => failed().length === 2);
    await desk.send({ type: "image", image: { link: "http://127.0.0.1:1/a.png" } });
    await until(() => failed().length === 3);
    expect(failed()).toMatchObject([
      { errors: [{ code: 131053, error_data: { details: expect.stringContaining("http code 400") } }] },
      { errors: [{ code: 131053, error_data: { details: "Unsupported video mime type image/png." } }] },
      { errors: [{ code: 131053, error_data: { details: expect.stringContaining("nobody answered") } }] },
    ]);
  });
});

describe("a customer may answer with", () => {
  const write = async (message: unknown) => {
    await desk.api("POST", `/phones/${ana}/messages`, message);
    await until(() => desk.door.messages.length === 2);
    return desk.door.messages[1];
  };

  it("a voice message, a document, a sticker and a video", async () => {
    expect(await write({ type: "voice" })).toMatchObject({
      type: "audio",
      audio: { voice: true, mime_type: "audio/ogg; codecs=opus", url: expect.any(String) },
    });
    await desk.api("POST", `/phones/${ana}/messages`, [
      { type: "document", caption: "menu" },
      { type: "sticker" },
      { type: "video", data_url: "data:video/mp4;base64,AAAA" },
    ]);
    await until(() => desk.door.messages.length === 5);
    expect(desk.door.messages.slice(2)).toMatchObject([
      { document: { filename: "menu.pdf", mime_type: "application/pdf", caption: "menu" } },
      { sticker: { animated: false, mime_type: "image/webp" } },
      { video: { mime_type: "video/mp4" } },
    ]);
    expect((await desk.api("POST", `/phones/${ana}/messages`, { type: "video" })).status).toBe(400);
  });

  it("a card of somebody, quoting a message", async () => {
    const contacts = [{ name: { formatted_name: "Ben" }, phones: [{ phone: "+1 555 010 0043" }] }];
    expect(await write({ type: "contacts", contacts, reply_to: "wamid.A" })).toMatchObject({
      contacts: [{ name: { formatted_name: "Ben" }, origin: "other" }],
      context: { id: "wamid.A" },
    });
  });

  it("the form of a flow", async () => {
    const [type, interactive] = flow({ flow_token: "token-7" });
    await desk.send({ type, interactive });
    expect(await write({ type: "flow", response: { people: 4 } })).toMatchObject({
      interactive: {
        type: "nfm_reply",
        nfm_reply: { name: "flow", body: "Sent", response_json: '{"flow_token":"token-7","people":4}' },
      },
      context: { id: expect.any(String) },
    });
  });
});
