// Messages that the provider does not take as they are, over a real Postgres: made to fit, or refused in words.
import { match, deepStrictEqual as same } from "node:assert/strict";
import { MESSAGES, NOBODY, PIXEL, send, upload } from "./test/client.ts";
import { databaseTest, request } from "./test/world.ts";

databaseTest(
  "what the provider cannot show as it is, it is sent as it can, and the answer shows that",
  async (world) => {
    const house = await world.house();
    const titles = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ id: `${index}`, title: `No ${index}` }));
    const four = await send(world, house, { content: { type: "buttons", text: "Which?", buttons: titles(4) } });
    same(
      [four.response.status, four.body.content],
      [202, { type: "list", text: "Which?", button: "☰", sections: [{ rows: titles(4) }] }],
    );
    const list = { type: "list", text: "Which?", button: "All", sections: [{ rows: titles(11) }] };
    const into = { to: { conversation_id: house.conversationId }, content: list };
    const eleven = await send(world, house, into, { "idempotency-key": "menu" });
    same([eleven.response.status, eleven.body.content.type], [202, "text"]);
    match(eleven.body.content.text, /\n11\. No 10$/);
    const again = await send(world, house, into, { "idempotency-key": "menu" });
    same([again.response.status, again.body.id], [202, eleven.body.id]);
  },
);

databaseTest("what would take several messages is refused, in words that say how to mend it", async (world) => {
  const house = await world.house();
  const { response, body } = await send(world, house, { content: { type: "text", text: "a".repeat(5200) } });
  same([response.status, body.code], [422, "content_does_not_fit"]);
  const message = "the text has 5,200 characters; the provider takes 4,096: send several messages, or a shorter one";
  same(body.errors, [{ path: "body.content.text", message }]);
  match(body.detail, /5,200 characters/);
  same((await (await world.app.request(request(MESSAGES, { key: house.key }))).json()).items, []);
});

databaseTest("a file is only sent as what it can be, and only the tenant's own", async (world) => {
  const [house, other] = [await world.house(), await world.house()];
  const stored = async (key: string) =>
    (await (await world.app.request(upload(key, PIXEL, { "content-type": "image/png" }))).json()).id;
  const [mine, strange] = [await stored(house.key), await stored(other.key)];
  const shown = await send(world, house, {
    content: { type: "image", media: { mediaId: mine }, mimeType: "image/jpeg" },
  });
  same([shown.response.status, shown.body.content.mimeType], [202, "image/png"]);
  for (const [content, told] of [
    [{ type: "video", media: { mediaId: mine } }, /image\/png; as video the provider takes video\/mp4.*as a document/],
    [{ type: "image", media: { mediaId: strange } }, /no file of this id/],
    [{ type: "document", media: { mediaId: NOBODY } }, /no file of this id/],
  ] as const) {
    const { response, body } = await send(world, house, { content });
    same([response.status, body.code, body.errors[0].path], [422, "content_does_not_fit", "body.content.media"]);
    match(body.detail, told);
  }
});
