// A process that sweeps as a runner does, for sweeper.test.ts: its arguments are its name, the job and the shard. Its lease
// is short, and it sweeps whenever it asks.
import { createDatabase } from "@switchboard/commons/db/database.ts";
import { createLogger } from "@switchboard/commons/log.ts";
import { startSweeping } from "../../src/sweeper.ts";

const [worker = "", job = "", shard = ""] = process.argv.slice(2);
const db = createDatabase({
  url: process.env.TEST_DATABASE_URL ?? "",
  role: "service_role",
  size: 2,
  applicationName: worker,
});
const options = { worker, job, shards: [Number(shard)], log: createLogger(worker, "warn"), leaseSeconds: 1 };
const stop = startSweeping(db, { ...options, everySeconds: 0 });
process.once("SIGTERM", () => void stop().then(() => db.end()));
