// Every setting of every part, and the one function that reads them. A new setting is one field here and one line in
// `.env.example` (a test compares the two).
import { z } from "zod";

const PORT_RANGE = "must be a port, a whole number from 1 to 65535";
const port = (fallback: number) =>
  z.coerce.number(PORT_RANGE).int(PORT_RANGE).min(1, PORT_RANGE).max(65535, PORT_RANGE).default(fallback);
const seconds = (fallback: number) => z.coerce.number().min(0.1).max(3600).default(fallback);
const list = z.string().transform((text) =>
  text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== ""),
);
/** An empty key is refused: it would fit a request that brings none. */
const named = z.string().transform((text, context): Record<string, string> => {
  try {
    return z.record(z.string(), z.string().min(1)).parse(JSON.parse(text));
  } catch {
    context.addIssue({
      code: "custom",
      message: 'must be a JSON object of names and keys, such as {"default":"sb_secret_..."}',
    });
    return z.NEVER;
  }
});

/** All settings. Units stand in the names; a program takes the fields it needs with `readSettings([...])`. */
export const settings = {
  /** Port of the local gateway: REST, Auth, Realtime and functions. */
  GATEWAY_PORT: port(54321),
  /** Port of the embedded Postgres. */
  POSTGRES_PORT: port(54322),
  /** Port of the WhatsApp simulator and its phone page. */
  SIMULATOR_PORT: port(4010),
  /** Port of the web inbox. */
  INBOX_PORT: port(4020),
  /** Port of the runner's health page. */
  RUNNER_PORT: port(4030),
  /** Ports of the agent service, one running copy for each. */
  AGENTS_PORTS: list
    .prefault("4040,4041")
    .transform((ports) => ports.map(Number))
    .pipe(z.array(z.number().int().min(1).max(65535)).min(1)),
  /** Port of this copy of the agent service. */
  AGENT_PORT: port(4040),
  /** Address under which the registry reaches this copy of the agent service; empty: http://127.0.0.1:AGENT_PORT. */
  AGENT_URL: z.url().optional(),
  /** Folder of the local platform's data, relative to the project. */
  DATA_DIR: z.string().min(1).default(".switchboard"),

  /** Address of the Supabase project (or of the local gateway); read without a slash at its end. */
  SUPABASE_URL: z.url().transform((url) => url.replace(/\/+$/, "")),
  /** Postgres connection string: a direct or session connection, because LISTEN does not work through a transaction pooler. */
  SUPABASE_DB_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, "must start with postgresql://")
    .refine((url) => URL.canParse(url), "is no address; write @ / : # % in the password as %40 %2F %3A %23 %25"),
  /** Publishable keys by name. */
  SUPABASE_PUBLISHABLE_KEYS: named,
  /** Secret keys by name; any of them opens the queue-worker function. */
  SUPABASE_SECRET_KEYS: named,
  /** Public keys of users' tokens (JWKS), which the platform gives its functions; without them Auth is asked. */
  SUPABASE_JWKS: z
    .string()
    .transform((text, context) => {
      try {
        return z.object({ keys: z.array(z.looseObject({ kty: z.string() })) }).parse(JSON.parse(text));
      } catch {
        context.addIssue({ code: "custom", message: 'must be a JWKS, such as {"keys":[...]}' });
        return z.NEVER;
      }
    })
    .optional(),
  /** Role that the engine's connections take; empty keeps the role that logged in (a pooler that refuses start-up options). */
  DATABASE_ROLE: z
    .string()
    .regex(/^[a-z_]*$/)
    .default("service_role"),
  /** Most connections that one process opens. */
  DATABASE_POOL_SIZE: z.coerce.number().int().min(1).max(100).default(8),

  /** Secrets of the Meta app(s); every one is accepted, so that a secret can be rotated without a gap. */
  WHATSAPP_APP_SECRETS: list.pipe(z.array(z.string().min(1)).min(1, "must name at least one app secret")),
  /** The token that Meta's webhook set-up sends back to prove that the address is yours. */
  WHATSAPP_VERIFY_TOKEN: z.string().min(1),
  /** Keys that encrypt provider credentials, `id:base64 of 32 bytes`, separated by commas; the first encrypts, all decrypt. */
  MASTER_KEYS: z.string().min(1),
  /** Address of Meta's Graph API. */
  GRAPH_API_URL: z.url().default("https://graph.facebook.com"),
  /** Version of the Graph API; never unversioned (https://developers.facebook.com/docs/graph-api/changelog). */
  GRAPH_API_VERSION: z
    .string()
    .regex(/^v\d+\.\d+$/, "must look like v26.0")
    .default("v26.0"),
  /**
   * How a phone number is written to the Graph API. `e164`, with a plus, is what Meta asks for: without it the business's own
   * country code may be put before the number. `digits` is for other servers of this API that take a bare wa_id only.
   */
  GRAPH_PHONE_FORMAT: z.enum(["e164", "digits"]).default("e164"),

  /** Hosts besides Meta's from which files of messages may be fetched, `host:port`, also without TLS; for a simulator. */
  MEDIA_HOSTS: list.prefault(""),

  /** Linked devices (provider baileys) that one runner connects at most; 0: none. */
  SESSION_CAP: z.coerce.number().int().min(0).max(1000).default(150),
  /** Resident memory of a runner in MB from which on it takes no more of them. */
  SESSION_MEMORY_MB: z.coerce.number().int().min(128).default(1500),
  /** How long a linked device stays a runner's without a sign of life: so soon another one connects when it dies. */
  SESSION_LEASE_SECONDS: z.coerce.number().int().min(3).max(300).default(30),
  /** Where linked devices connect. Not encrypted (ws://) only on this machine, because nothing else proves who answers. */
  WHATSAPP_WEB_URL: z
    .url()
    .refine(
      (url) => url.startsWith("wss://") || /^ws:\/\/(127\.0\.0\.1|localhost)[:/]/.test(url),
      "must be wss://...; ws:// only for 127.0.0.1",
    )
    .default("wss://web.whatsapp.com/ws/chat"),
  /** Version of WhatsApp Web that linked devices claim to be, such as 2.3000.1035194821; empty: the library's. */
  WHATSAPP_WEB_VERSION: z
    .string()
    .regex(/^\d+\.\d+\.\d+$/, "must look like 2.3000.1035194821")
    .optional(),

  /** Conversations that one runner works on at the same time. */
  QUEUE_CONCURRENCY: z.coerce.number().int().min(1).max(1000).default(32),
  /** How long a claimed conversation stays a worker's without a sign of life. */
  QUEUE_LEASE_SECONDS: z.coerce.number().int().min(2).max(3600).default(30),
  /** Longest sleep between two looks at the queue when nothing wakes the worker. */
  QUEUE_POLL_SECONDS: z.coerce.number().min(0.1).max(300).default(5),
  /** Number of shards of this deployment; 1 on one Postgres. */
  SHARD_COUNT: z.coerce.number().int().min(1).max(1024).default(1),
  /** `auto`: the webhook starts the queue-worker function when no runner is alive; `off`: it never does. */
  SERVERLESS_DRAIN: z.enum(["auto", "off"]).default("auto"),

  /** Longest time of one try: of anything without a limit of its own. */
  WEBHOOK_TIMEOUT_SECONDS: seconds(30),
  /** Of an agent's answer. */
  WEBHOOK_AGENT_TIMEOUT_SECONDS: seconds(120),
  /** Of a call that moves money. */
  WEBHOOK_PAYMENT_TIMEOUT_SECONDS: seconds(60),
  /** Of fetching and reading a file. */
  WEBHOOK_MEDIA_TIMEOUT_SECONDS: seconds(300),
  /** Tries of one call of a service. */
  WEBHOOK_RETRY_ATTEMPTS: z.coerce.number().int().min(1).max(20).default(3),
  /** The pause between two tries grows by this factor ... */
  WEBHOOK_RETRY_FACTOR: z.coerce.number().min(1).max(10).default(2),
  /** ... from the first one ... */
  WEBHOOK_RETRY_FIRST_SECONDS: z.coerce.number().min(0).max(3600).default(1),
  /** ... to the longest. */
  WEBHOOK_RETRY_MOST_SECONDS: z.coerce.number().min(0).max(3600).default(30),
  /** Tries of a piece of work before it goes to the dead letters; with backoff.sql's pauses, about three quarters of an hour. */
  WEBHOOK_QUEUE_TRIES: z.coerce.number().int().min(1).max(100).default(12),
  /** A service is spared above this share of failed calls. */
  WEBHOOK_BREAKER_PERCENT: z.coerce.number().min(1).max(100).default(50),
  /** For so long. */
  WEBHOOK_BREAKER_RESET_SECONDS: seconds(60),
  /** The same for agents, which are slower and fail more often. */
  WEBHOOK_AGENT_BREAKER_PERCENT: z.coerce.number().min(1).max(100).default(60),
  /** For so long. */
  WEBHOOK_AGENT_BREAKER_RESET_SECONDS: seconds(120),
  /** How long a provider's message id is remembered; not set: as app.retention says (30 days). */
  WEBHOOK_DEDUPE_DAYS: z.coerce.number().int().min(1).max(3650).optional(),

  /** Address of any OpenAI-compatible API, such as https://api.openai.com/v1; empty: the built-in model answers from the knowledge base. */
  LLM_BASE_URL: z.url().optional(),
  /** Key for LLM_BASE_URL. */
  LLM_API_KEY: z.string().optional(),
  /** Model at LLM_BASE_URL. */
  LLM_MODEL: z.string().min(1).optional(),

  /** Access token that the simulator's Graph API accepts. */
  SIMULATOR_ACCESS_TOKEN: z.string().min(1).default("local-access-token"),
  /** Where the simulator posts its webhooks. */
  SIMULATOR_WEBHOOK_URL: z.url(),
  /** Port of the WhatsApp Web server for development and tests. */
  WEB_SIMULATOR_PORT: port(4011),
  /** File into which that server writes its certificate at the start, for NODE_EXTRA_CA_CERTS of its clients. */
  WEB_SIMULATOR_CERTIFICATE_FILE: z.string().min(1).optional(),

  /** Least severe log line that is written. */
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
} as const;

type SettingName = keyof typeof settings;
/** The typed value of one setting. */
export type Setting<K extends SettingName> = z.output<(typeof settings)[K]>;

/**
 * Reads settings from the environment.
 * @param names - the settings that the program needs
 * @param source - the variables to read; by default those of the process (Node or Deno)
 * @returns the parsed values; an empty variable counts as not set
 * @throws ConfigError naming every setting that is missing or malformed, and what it should be
 */
export function readSettings<K extends SettingName>(
  names: readonly K[],
  source: Readonly<Record<string, string | undefined>> = environment(),
): { readonly [P in K]: Setting<P> } {
  const problems: string[] = [];
  const values: Partial<Record<SettingName, unknown>> = {};
  for (const name of names) {
    const raw = source[name] === "" ? undefined : source[name];
    const parsed = settings[name].safeParse(raw);
    if (parsed.success) values[name] = parsed.data;
    else
      problems.push(
        `${name} ${raw === undefined ? "is not set" : (parsed.error.issues[0]?.message ?? "is malformed")}`,
      );
  }
  if (problems.length > 0) throw new ConfigError(problems);
  // SAFETY: every name of `names` was parsed by its own schema above.
  return values as { readonly [P in K]: Setting<P> };
}

/** Thrown when settings are missing or malformed; the message names each one. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`Settings to mend (see .env.example):\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
    this.problems = problems;
  }
}

function environment(): Record<string, string | undefined> {
  // SAFETY: both runtimes are probed for before use; neither type is known to the other's compiler.
  const runtime = globalThis as {
    Deno?: { env: { toObject(): Record<string, string> } };
    process?: { env: Record<string, string | undefined> };
  };
  return runtime.Deno?.env.toObject() ?? runtime.process?.env ?? {};
}
