// Files at Meta: fetched with the account's token from Meta's hosts only, uploaded for sending.
// https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
import { MessageProcessingError, WorkflowError } from "../../errors.ts";
import type { Json, JsonObject } from "../../json.ts";
import { sha256Hex } from "../../media.ts";
import type {
  DownloadMediaRequest,
  MediaDownload,
  MediaUpload,
  ProviderAccount,
  UploadMediaRequest,
} from "../provider.ts";
import { cleanJson, idOf, objectOf, textOf } from "../untrusted-json.ts";
import { graphErrorMeaning } from "./error-codes.ts";
import { accessTokenOf, type GraphSettings, graphRoot } from "./graph-request.ts";

/** Meta keeps an upload for 30 days; ours is renewed a day before. */
const KEEP_SECONDS = 29 * 24 * 3600;
const UPLOAD_SECONDS = 120;
const MOST_REDIRECTS = 3;
/** Meta's file servers refuse some clients' own names. */
const USER_AGENT = "switchboard";
const META_HOSTS = /(^|\.)(fbsbx\.com|fbcdn\.net|whatsapp\.net)$/;

/** Where a file lies for the next minutes, and what Meta says it is. */
interface MediaFacts {
  readonly url: string;
  readonly mimeType?: string;
  readonly sha256?: string;
  readonly sizeBytes?: number;
}

/** What a request needs in every step. */
interface Call {
  readonly settings: GraphSettings;
  readonly token: string;
  readonly signal: AbortSignal;
  readonly correlationId: string;
}

/**
 * Begins to fetch a file: from the webhook's address while it lives, else from a new one, which is asked for once more when
 * it has ended too.
 * @throws MessageProcessingError `media_gone`, `media_host`, `media_refused`; WorkflowError when a later try may have it
 */
export async function downloadMedia(settings: GraphSettings, request: DownloadMediaRequest): Promise<MediaDownload> {
  const call = callOf(settings, request);
  const { id, url } = request.media;
  let facts: MediaFacts = url === undefined ? await lookUp(id, request.account, call) : { url };
  let body = await open(facts.url, call);
  if (body === undefined) {
    facts = await lookUp(id, request.account, call);
    body = await open(facts.url, call);
  }
  if (body === undefined)
    throw new WorkflowError("Meta names an address of the file where it is not.", {
      code: "media_unavailable",
      retryable: true,
    });
  const { mimeType, sha256, sizeBytes } = facts;
  return {
    body,
    ...(mimeType === undefined ? {} : { mimeType }),
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
  };
}

/**
 * Uploads a file for sending.
 * @throws MessageProcessingError when Meta will never take it; WorkflowError when a later try may succeed
 */
export async function uploadMedia(settings: GraphSettings, request: UploadMediaRequest): Promise<MediaUpload> {
  const call = callOf(settings, request);
  const form = new FormData();
  form.append("messaging_product", "whatsapp");
  form.append("type", request.mimeType);
  form.append("file", new Blob([request.file], { type: request.mimeType }), request.filename);
  const url = `${graphRoot(settings)}/${encodeURIComponent(request.account.externalId)}/media`;
  const answer = await askGraph(url, call, { method: "POST", body: form }, UPLOAD_SECONDS);
  const id = idOf(answer.id);
  if (id === undefined) throw trouble("media_upload", "Meta took a file and named no id for it");
  return { id, keepSeconds: KEEP_SECONDS };
}

function callOf(
  settings: GraphSettings,
  request: Pick<DownloadMediaRequest, "account" | "correlationId" | "signal">,
): Call {
  const token = accessTokenOf(request.account.credentials);
  if (token === undefined)
    throw trouble("credentials", "the account's credentials need an accessToken without spaces; store them again", 300);
  return { settings, token, signal: request.signal, correlationId: request.correlationId };
}

async function lookUp(mediaId: string, account: ProviderAccount, call: Call): Promise<MediaFacts> {
  const query = new URLSearchParams({ phone_number_id: account.externalId });
  const answer = await askGraph(`${graphRoot(call.settings)}/${encodeURIComponent(mediaId)}?${query}`, call);
  const url = textOf(answer.url);
  if (url === undefined) throw trouble("media_unavailable", "Meta named no address for the file");
  const mimeType = textOf(answer.mime_type);
  const sha256 = sha256Hex(textOf(answer.sha256));
  const size = Number(answer.file_size);
  return {
    url,
    ...(mimeType === undefined ? {} : { mimeType }),
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(Number.isSafeInteger(size) && size > 0 ? { sizeBytes: size } : {}),
  };
}

/** A request to the Graph API that is answered with an object. */
async function askGraph(url: string, call: Call, init: RequestInit = {}, seconds?: number): Promise<JsonObject> {
  const timeoutMs = (seconds ?? call.settings.timeoutSeconds ?? 15) * 1000;
  let response: Response;
  let json: Json;
  try {
    response = await fetch(url, {
      ...init,
      headers: {
        authorization: `Bearer ${call.token}`,
        "user-agent": USER_AGENT,
        "x-correlation-id": call.correlationId.replaceAll(/[^\x21-\x7e]/g, ""),
      },
      redirect: "manual",
      signal: AbortSignal.any([call.signal, AbortSignal.timeout(timeoutMs)]),
    });
    json = cleanJson(await response.json().catch(() => null));
  } catch (error) {
    throw trouble("media_unavailable", "the Graph API did not answer about a file", undefined, error);
  }
  const body = objectOf(json);
  if (response.ok && body !== undefined) return body;
  throw graphTrouble(response.status, objectOf(body?.error));
}

/** The error of an answer: for ever when the code says so, else for now. */
function graphTrouble(httpStatus: number, error: JsonObject | undefined): WorkflowError {
  if (error === undefined || typeof error.code !== "number")
    return trouble("media_unavailable", `the Graph API answered ${httpStatus} about a file`);
  const means = graphErrorMeaning(error.code, { httpStatus, transient: error.is_transient === true });
  const code = String(error.code);
  // A file that has ended, or was never there: code 100, and 33 as a code of its own or beneath it.
  if (error.code === 100 || error.code === 33)
    return new MessageProcessingError("Meta does not have the file (any more), or would not take it.", {
      code: "media_gone",
      context: { graphCode: code },
    });
  // The file itself is at fault: another try of the same would be refused again.
  if (means.class === "never" || means.class === "reupload")
    return new MessageProcessingError(`Meta refused: ${means.meaning}.`, { code });
  return trouble(code, means.meaning, means.waitSeconds ?? (means.class === "stop_channel" ? 300 : undefined));
}

/**
 * Fetches an address, redirects by hand: every host is checked, and only the first one sees the token.
 * @returns the body; undefined: the address has ended
 */
async function open(address: string, call: Call): Promise<ReadableStream<Uint8Array> | undefined> {
  let url = allowed(address, call.settings.MEDIA_HOSTS ?? []);
  for (let hop = 0; hop <= MOST_REDIRECTS; hop += 1) {
    const headers = { "user-agent": USER_AGENT, ...(hop === 0 ? { authorization: `Bearer ${call.token}` } : {}) };
    const response = await fetchHeaders(url, headers, call);
    if (response === undefined) return undefined;
    if (response.ok && response.body !== null) return response.body;
    await response.body?.cancel();
    if (response.status >= 300 && response.status < 400) {
      const location = response.headers.get("location");
      if (location === null || !URL.canParse(location, url)) break;
      url = allowed(new URL(location, url).href, call.settings.MEDIA_HOSTS ?? []);
      continue;
    }
    if (response.status === 429 || response.status >= 500)
      throw trouble("media_unavailable", `Meta's file server answered ${response.status}`);
    return undefined;
  }
  throw new MessageProcessingError("Meta's file server redirects without end.", { code: "media_refused" });
}

/** Waits for the answer to begin; how long its body may take is the reader's affair. Undefined: nobody answered. */
async function fetchHeaders(url: URL, headers: Record<string, string>, call: Call): Promise<Response | undefined> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), (call.settings.timeoutSeconds ?? 15) * 1000);
  try {
    return await fetch(url, { headers, redirect: "manual", signal: AbortSignal.any([call.signal, late.signal]) });
  } catch (error) {
    if (call.signal.aborted) throw trouble("media_unavailable", "the fetching was given up", undefined, error);
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * An address of a file that may be fetched.
 * @throws MessageProcessingError `media_host` for any host that is neither Meta's nor named in MEDIA_HOSTS
 */
function allowed(address: string, others: readonly string[]): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const isPlain = url !== undefined && url.username === "" && url.password === "";
  if (isPlain && url.protocol === "https:" && url.port === "" && META_HOSTS.test(url.hostname)) return url;
  if (isPlain && /^https?:$/.test(url.protocol) && others.includes(url.host)) return url;
  throw new MessageProcessingError("The file lies at a host that is not Meta's; it is not fetched.", {
    code: "media_host",
  });
}

function trouble(code: string, message: string, retryAfterSeconds?: number, cause?: unknown): WorkflowError {
  return new WorkflowError(`A file: ${message}.`, {
    code,
    retryable: true,
    cause,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}
