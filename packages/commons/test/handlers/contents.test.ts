// What an agent answers besides texts, from its answer to what WhatsApp gets: a real Postgres, real sockets.
import { expect, test } from "vitest";
import { getNextQueueMessage } from "../../src/db/queue.ts";
import type { LaneHandler } from "../../src/handlers/handler.ts";
import { sendHandler } from "../../src/handlers/send.ts";
import { turnHandler } from "../../src/handlers/turn.ts";
import type { JsonObject } from "../../src/json.ts";
import { describeWithPostgres, openTestDatabase } from "../support/database.ts";
import { json } from "../support/http-server.ts";
import { createWorld, type World } from "../support/world.ts";

/** Works a queue once, as the queue worker does; false: nothing was due. */
async function work(world: World, handler: LaneHandler): Promise<boolean> {
  const options = { worker: "test worker", lanes: 1, perLane: handler.perLane, leaseSeconds: 30 };
  const [lane] = await getNextQueueMessage(world.context.db, world.shard, handler.queue, options);
  if (lane === undefined) return false;
  try {
    await handler.handle(lane, world.context, new AbortController().signal);
  } catch (error) {
    await handler.fail(lane, world.context, error);
  }
  return true;
}

/** The customer writes and the agent answers with this; returns what WhatsApp got. */
async function answered(world: World, replies: (messageId: string) => readonly JsonObject[]): Promise<JsonObject[]> {
  world.agent.answer = (response, request) =>
    json(200, { replies: replies(request.body.messages[0].id) })(response, request);
  await work(world, turnHandler);
  while (await work(world, sendHandler));
  return world.whatsapp.arrived.map(({ body }) => body).filter(({ type }) => type !== undefined);
}

const bodiesOf = (world: World) =>
  world.rows(
    "select type, body, reply_to from public.messages where shard = $1 and direction = 'out' order by position",
  );

describeWithPostgres("an agent's answer", () => {
  const db = openTestDatabase();

  test("reacts to and quotes a message by our id, and WhatsApp gets its own", async () => {
    const world = await createWorld(db);
    await world.receives("Hi");
    const [{ provider_message_id: wamid }] = await world.rows(
      "select provider_message_id from public.messages where shard = $1",
    );
    const sent = await answered(world, (id) => [
      { type: "reaction", messageId: id, emoji: "👋" },
      { type: "location", latitude: 38.7, longitude: -9.1, name: "Luna", replyTo: id },
    ]);
    expect(sent).toMatchObject([
      { type: "reaction", reaction: { message_id: wamid, emoji: "👋" } },
      { type: "location", location: { name: "Luna" }, context: { message_id: wamid } },
    ]);
    expect(await bodiesOf(world)).toEqual([
      { type: "reaction", body: "👋", reply_to: wamid },
      { type: "location", body: "Luna\nhttps://maps.google.com/?q=38.7,-9.1", reply_to: wamid },
    ]);
  });

  test("of more than WhatsApp shows at once becomes what it can show, and the memory has all of it", async () => {
    const world = await createWorld(db);
    await world.receives("Hi");
    const titles = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ id: `${index}`, title: `Table ${index}` }));
    const sent = await answered(world, () => [
      { type: "buttons", text: "**Which** table?", buttons: titles(4), menu: "Tables" },
      { type: "list", text: "All of them:", button: "Tables", sections: [{ rows: titles(11) }] },
    ]);
    expect(sent).toMatchObject([
      { interactive: { type: "list", body: { text: "*Which* table?" }, action: { button: "Tables" } } },
      { type: "text", text: { body: expect.stringContaining("11. Table 10") } },
    ]);
    await world.receives("2");
    await answered(world, () => []);
    const memory = world.agent.arrived[1]?.body.memory.map(({ text }: { text: string }) => text);
    expect(memory[1]).toContain("4. Table 3");
    expect(memory[2]).toContain("2. Table 1");
  });

  test("that is none says which field is wrong, and is asked for again with nothing lost", async () => {
    const world = await createWorld(db);
    await world.receives("Hi");
    const file = { type: "image", media: { link: "http://insecure.example/a" } };
    expect(await answered(world, () => [{ type: "text", text: "first" }, file])).toEqual([]);
    const [turn] = await world.rows("select status, error from app.turns where shard = $1");
    expect(turn).toMatchObject({
      status: "working",
      error: {
        code: "AGENT_INVALID_ANSWER",
        message: expect.stringContaining("replies.1.media.link: must be an https address"),
      },
    });
    await world.timePasses();
    const sent = await answered(world, () => [{ ...file, media: { link: "https://secure.example/a" } }]);
    expect(sent).toMatchObject([{ type: "image", image: { link: "https://secure.example/a" } }]);
    expect(await world.rows("select status from app.turns where shard = $1")).toEqual([{ status: "answered" }]);
  });
});
