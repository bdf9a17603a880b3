// What the page /queue calls: a snapshot to show, and what people do with lanes, pauses and dead letters.
import { type Context, Hono } from "hono";
import { z } from "zod";
import { bodyOf, RequestError } from "../http-request.ts";
import type { World } from "../world.ts";
import {
  type LaneDetail,
  laneSchema,
  laneStates,
  lanesSchema,
  lettersSchema,
  lettersWithPayloadSchema,
  type QueueSnapshot,
} from "./answers.ts";
import { QueuePlatform } from "./platform.ts";

const LANES_A_PAGE = 50;
/** Without a state: so many of each. */
const LANES_OF_EACH = 12;
const LETTERS_A_PAGE = 25;
const LOCAL_HOSTS = new Set(["127.0.0.1", "localhost", "[::1]"]);

const shard = z.coerce.number().int().min(-32768).max(32767).default(0);
const queueName = z.enum(["inbound", "outbound", "webhook", "media"]);
const time = z.iso.datetime({ offset: true });
const filter = { queue: queueName.optional(), tenant_id: z.uuid().optional() };
const code = z.string().min(1).max(200).optional();
const snapshotQuery = z
  .strictObject({
    shard,
    ...filter,
    code,
    state: z.enum(laneStates).optional(),
    from: time.optional(),
    skip: z.coerce.number().int().min(0).max(10_000).default(0),
    after_at: time.optional(),
    after_id: z.uuid().optional(),
    lane_queue: queueName.optional(),
    lane_id: z.uuid().optional(),
  })
  .refine((query) => (query.after_at === undefined) === (query.after_id === undefined), {
    message: "after_at and after_id come together",
  })
  .refine((query) => (query.lane_queue === undefined) === (query.lane_id === undefined), {
    message: "lane_queue and lane_id come together",
  });
type SnapshotQuery = z.output<typeof snapshotQuery>;
const reason = z.string().trim().min(1, "say why").max(500);
const letters = { shard, ...filter, code, limit: z.number().int().min(1).max(500).default(200) };
const pauseScope = { shard, queue: queueName, tenant_id: z.uuid().optional(), lane_id: z.uuid().optional() };

/** The page's calls, under /queue/api. */
export function queueRoutes(world: World): Hono {
  const platform = new QueuePlatform(world.config.trace);
  const app = new Hono();
  app.use(async (c, next) => {
    // Here the whole queue can be read and driven: not under a name that some other web page made up for this machine.
    if (!LOCAL_HOSTS.has(new URL(c.req.url).hostname)) throw new RequestError(403, "Open this page as 127.0.0.1.");
    return next();
  });
  app.get("/snapshot", async (c) => c.json(await snapshot(world, platform, snapshotQuery.parse(c.req.query()))));
  laneRoutes(platform, app);
  letterRoutes(platform, app);
  return app;
}

function laneRoutes(platform: QueuePlatform, app: Hono): void {
  app.post("/wake", async (c) => {
    const body = z.strictObject({ shard, queue: queueName, lane_id: z.uuid() }).parse(await bodyOf(c));
    await platform.call("wake_lane", parameters(body), z.unknown());
    return c.json({ done: true });
  });
  app.post("/pause", async (c) => {
    const body = z.strictObject({ ...pauseScope, reason }).parse(await bodyOf(c));
    await platform.call("pause_queue", parameters(body), z.unknown());
    return c.json({ done: true });
  });
  app.post("/resume", async (c) => {
    const body = z.strictObject(pauseScope).parse(await bodyOf(c));
    return c.json({ done: await platform.call("resume_queue", parameters(body), z.boolean()) });
  });
}

function letterRoutes(platform: QueuePlatform, app: Hono): void {
  const id = (c: Context) => z.uuid("must be the id of a dead letter").parse(c.req.param("id"));
  app.get("/dead-letters/:id", async (c) => {
    const query = z.strictObject({ shard }).parse(c.req.query());
    const args = parameters({ ...query, id: id(c) });
    const [letter] = await platform.call("get_dead_letter", args, lettersWithPayloadSchema);
    if (letter === undefined) throw new RequestError(404, "There is no such dead letter.");
    return c.json(letter);
  });
  app.post("/dead-letters/:id/replay", async (c) => {
    const body = z.strictObject({ shard }).parse(await bodyOf(c));
    const args = parameters({ ...body, id: id(c) });
    return c.json({ seq: await platform.call("replay_dead_letter", args, z.number()) });
  });
  app.post("/dead-letters/:id/discard", async (c) => {
    const body = z.strictObject({ shard, reason }).parse(await bodyOf(c));
    await platform.call("discard_dead_letter", parameters({ ...body, id: id(c) }), z.unknown());
    return c.json({ done: true });
  });
  app.post("/dead-letters/replay", async (c) => {
    const body = z.strictObject(letters).parse(await bodyOf(c));
    return c.json({ letters: await platform.call("replay_dead_letters", parameters(body), z.number()) });
  });
  app.post("/dead-letters/discard", async (c) => {
    const body = z.strictObject({ ...letters, reason }).parse(await bodyOf(c));
    return c.json({ letters: await platform.call("discard_dead_letters", parameters(body), z.number()) });
  });
}

async function snapshot(world: World, platform: QueuePlatform, query: SnapshotQuery): Promise<QueueSnapshot> {
  const { shard, queue, tenant_id, state, from, skip, code, after_at, after_id } = query;
  const lanesOf = parameters({
    shard,
    queue,
    tenant_id,
    state,
    from,
    skip,
    limit: state === undefined ? LANES_OF_EACH : LANES_A_PAGE,
  });
  const lettersOf = parameters({ shard, queue, tenant_id, code, after_at, after_id, limit: LETTERS_A_PAGE + 1 });
  const [overview, lanes, found, lane] = await Promise.all([
    platform.overview(shard),
    platform.call("list_lanes", lanesOf, lanesSchema),
    platform.call("list_dead_letters", lettersOf, lettersSchema),
    laneOf(world, platform, query),
  ]);
  return {
    overview,
    lanes,
    letters: found.slice(0, LETTERS_A_PAGE),
    letters_more: found.length > LETTERS_A_PAGE,
    ...(lane === undefined ? {} : { lane }),
  };
}

/** The lane that the page looks at; null: it is gone; undefined: the page looks at none. */
async function laneOf(
  world: World,
  platform: QueuePlatform,
  { shard, lane_queue: queue, lane_id }: SnapshotQuery,
): Promise<LaneDetail | null | undefined> {
  if (queue === undefined || lane_id === undefined) return undefined;
  const lane = await platform.call("get_lane", parameters({ shard, queue, lane_id }), laneSchema);
  if (lane === null) return null;
  const { latest_message_id: id, ...rest } = lane;
  return { ...rest, customer: id === null ? null : (world.state.message(id)?.customer ?? null) };
}

/** Values under the names of the database's parameters; what is undefined is left out. */
function parameters(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[`p_${name}`, value]])),
  );
}
