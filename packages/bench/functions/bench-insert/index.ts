// The yardstick's middle: a function that stores the body as one row, with the driver and the pool of the webhook's door.
import { createDatabase } from "@switchboard/commons/db/database.ts";
import { readSettings } from "@switchboard/commons/env.ts";

const settings = readSettings(["SUPABASE_DB_URL", "DATABASE_ROLE", "DATABASE_POOL_SIZE"]);
const db = createDatabase({
  url: settings.SUPABASE_DB_URL,
  role: settings.DATABASE_ROLE,
  size: Math.min(settings.DATABASE_POOL_SIZE, 4),
  applicationName: "switchboard bench-insert",
});

async function store(request: Request): Promise<Response> {
  await db.query("insert into bench.rows (body) values ($1)", [await request.text()]);
  return Response.json({ received: 1 });
}

export default { fetch: store };
