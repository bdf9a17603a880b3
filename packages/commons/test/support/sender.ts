// A program of its own that sends what is at the head of one outbound lane, as every worker does, and ends. Started and
// killed by sender-kill.test.ts. Settings: DATABASE_URL, GRAPH_API_URL, MASTER_KEYS, SHARD.
import { parseMasterKeys } from "../../src/credentials.ts";
import { createDatabase } from "../../src/db/database.ts";
import { getNextQueueMessage } from "../../src/db/queue.ts";
import { createAccountStore } from "../../src/handlers/accounts.ts";
import { sendHandler } from "../../src/handlers/send.ts";
import { TurnWatch } from "../../src/handlers/turn-watch.ts";
import { createLogger } from "../../src/log.ts";
import { getProvider } from "../../src/providers/index.ts";
import { ServiceRegistry } from "../../src/services/service-registry.ts";
import { openStorage } from "../../src/storage/storage.ts";

const { DATABASE_URL: url = "", GRAPH_API_URL = "", MASTER_KEYS: keys = "", SHARD: shard = "" } = process.env;
const db = createDatabase({ url, role: "service_role", size: 1, applicationName: "switchboard sender" });
const log = createLogger("sender", "debug");
const context = {
  db,
  accounts: createAccountStore(db, await parseMasterKeys(keys)),
  registry: new ServiceRegistry({ log }),
  provider: (id: string) => getProvider(id, { GRAPH_API_URL, GRAPH_API_VERSION: "v26.0" }),
  storage: openStorage({ SUPABASE_URL: "http://127.0.0.1:1", SUPABASE_SECRET_KEYS: { default: "none" } }),
  turnWatch: new TurnWatch(db, { log }),
  log,
  worker: `sender ${process.pid}`,
};
const options = { worker: context.worker, lanes: 1, perLane: 1, leaseSeconds: 30 };
const [lane] = await getNextQueueMessage(db, Number(shard), "outbound", options);
if (lane === undefined) throw new Error("there is nothing to send");
await sendHandler.handle(lane, context, new AbortController().signal);
process.exit(0);
