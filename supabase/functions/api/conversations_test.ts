// Conversations over a real Postgres: what is shown of them, taking one over and giving it back.
import { deepStrictEqual as same } from "node:assert/strict";
import { refusal, send } from "./test/client.ts";
import { databaseTest, request } from "./test/world.ts";

databaseTest("the timeline tells what happened, page by page", async (world) => {
  const house = await world.house();
  await send(world, house, { to: { conversation_id: house.conversationId } });
  const path = `/v1/conversations/${house.conversationId}/timeline`;
  const kinds: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const query: string = cursor === "" ? "" : `&cursor=${cursor}`;
    const page = await (await world.app.request(request(`${path}?limit=1${query}`, { key: house.key }))).json();
    kinds.push(...page.items.map(({ kind }: { kind: string }) => kind));
    cursor = page.next_cursor;
  }
  same(kinds, ["MESSAGE_QUEUED", "MESSAGE_RECEIVED"]);
});

databaseTest("a person takes a conversation over and gives it back; who did is audited", async (world) => {
  const house = await world.house();
  const { token, userId } = await world.member("agent", house);
  const path = `/v1/conversations/${house.conversationId}`;
  const read = async (asked: Request) => {
    const response = await world.app.request(asked);
    same(response.status, 200);
    return await response.json();
  };
  const seen = await read(request(path, { key: house.key }));
  same(
    [seen.id, seen.account.id, seen.window.open, seen.agent.paused_until],
    [house.conversationId, house.accountId, true, null],
  );
  same([seen.contact.name, seen.contact.identities[0].kind, seen.open_tasks], ["Ana", "phone", []]);
  const until = new Date(Date.now() + 3_600_000).toISOString();
  const paused = await read(request(`${path}/pause`, { key: token, json: { until } }));
  same(Date.parse(paused.agent.paused_until), Date.parse(until));
  const past = request(`${path}/pause`, { key: token, json: { until: "2020-01-01T00:00:00Z" } });
  same(await refusal(world, past), [422, "invalid_request"]);
  const resumed = await read(request(`${path}/resume`, { key: token, method: "POST" }));
  same(resumed.agent.paused_until, null);
  const { items } = await read(request(`${path}/timeline`, { key: house.key }));
  same(
    items.slice(0, 2).map(({ detail }: { detail: { to: string; actor: string } }) => [detail.to, detail.actor]),
    [
      ["agent", `user:${userId}`],
      ["person", `user:${userId}`],
    ],
  );
  const viewer = (await world.member("viewer", house)).token;
  same(await refusal(world, request(`${path}/pause`, { key: viewer, json: {} })), [403, "scope_missing"]);
});
