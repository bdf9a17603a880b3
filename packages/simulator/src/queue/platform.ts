// The simulator's way to the platform's queue: functions of the database over the REST API, with the secret key, which
// never reaches the browser.
import { z } from "zod";
import { RequestError } from "../http-request.ts";
import { type Overview, overviewSchema } from "./answers.ts";

const TIMEOUT_MS = 10_000;
const OVERVIEW_MS = 900;
/** An overview that took long is kept longer, so that looking never takes more than a fifth of one core's time. */
const REST_FACTOR = 4;

const refusal = z.object({ code: z.string().nullish(), message: z.string() });

/** Where the platform is, and the key for it. */
export type PlatformSource = { readonly supabaseUrl: string; readonly secretKey: string };

/** The platform's queue as its API shows it. */
export class QueuePlatform {
  readonly #source: PlatformSource | undefined;
  readonly #overviews = new Map<number, { readonly until: () => number; readonly answer: Promise<Overview> }>();

  /** @param source - undefined: nobody said where the platform is, so every call is refused with how to mend it */
  constructor(source: PlatformSource | undefined) {
    this.#source = source;
  }

  /**
   * Calls a function of the database.
   * @param schema - what it must answer
   * @throws RequestError 503 when the platform is not there, 400, 404 or 409 with the database's own words, else 502
   */
  async call<T>(name: string, args: Readonly<Record<string, unknown>>, schema: z.ZodType<T>): Promise<T> {
    const source = this.#source;
    if (source === undefined)
      throw new RequestError(503, "Nobody has said where Switchboard is: set SUPABASE_URL and SUPABASE_SECRET_KEYS.");
    const response = await fetch(`${source.supabaseUrl}/rest/v1/rpc/${name}`, {
      method: "POST",
      headers: { apikey: source.secretKey, "content-type": "application/json" },
      body: JSON.stringify(args),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch(() => {
      throw new RequestError(503, `Switchboard does not answer at ${source.supabaseUrl}. Is it running?`);
    });
    const text = await response.text().catch(() => "");
    if (!response.ok) throw refused(response.status, text);
    const answer = schema.safeParse(text === "" ? null : safeJson(text));
    if (answer.success) return answer.data;
    throw new RequestError(502, `${name} answered something unexpected: are the migrations of this version applied?`);
  }

  /** The overview of a shard; everybody who asks within a second gets the same one. */
  overview(shard: number): Promise<Overview> {
    const known = this.#overviews.get(shard);
    if (known !== undefined && Date.now() < known.until()) return known.answer;
    const began = Date.now();
    let until = Number.POSITIVE_INFINITY;
    const answer = this.call("queue_overview", { p_shard: shard }, overviewSchema);
    const settle = () => {
      until = Date.now() + Math.max(OVERVIEW_MS, REST_FACTOR * (Date.now() - began));
    };
    answer.then(settle, () => this.#overviews.delete(shard));
    this.#overviews.set(shard, { until: () => until, answer });
    return answer;
  }
}

/** The error of an answer that is not 2xx. The database's own refusals (SQLSTATE SB...) become their HTTP status. */
function refused(status: number, text: string): RequestError {
  const body = refusal.safeParse(safeJson(text)).data;
  const code = body?.code ?? "";
  const known = { SB400: 400, SB404: 404, SB409: 409 } as const;
  if (code in known) return new RequestError(known[code as keyof typeof known], body?.message ?? code); // SAFETY: `in`
  if (/^(22|23)/.test(code)) return new RequestError(400, body?.message ?? code);
  if (status >= 500 && body === undefined) return new RequestError(503, `Switchboard answered ${status}.`);
  return new RequestError(502, `Switchboard refused: ${body?.message ?? `it answered ${status}`}`);
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
