// The serverless drain's door; see app.ts.
import { readSettings } from "@switchboard/commons/env.ts";
import { createLogger } from "@switchboard/commons/log.ts";
import { createApp, drainOnceNow, drainSettings } from "./app.ts";

const settings = readSettings(drainSettings);
const log = createLogger("queue-worker", settings.LOG_LEVEL);

export default { fetch: createApp({ settings, log, drain: () => drainOnceNow(log) }).fetch };
