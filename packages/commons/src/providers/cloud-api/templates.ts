// Reads the message templates of a WhatsApp Business account, page after page.
// https://developers.facebook.com/documentation/business-messaging/whatsapp/reference/whatsapp-business-account/template-api
import { WorkflowError } from "../../errors.ts";
import type { JsonObject } from "../../json.ts";
import type { ListTemplatesRequest } from "../provider.ts";
import { cleanJson, listOf, objectOf, textOf } from "../untrusted-json.ts";
import { graphErrorMeaning } from "./error-codes.ts";
import { cloudApiCredentials, type GraphSettings } from "./graph-request.ts";

const FIELDS = "id,name,language,category,status,quality_score,rejected_reason,components,parameter_format";
const PAGE_SIZE = "100";
/** A business account has at most 6,000 templates; a listing that never ends is an error. */
const MOST_PAGES = 100;

/**
 * Lists all templates of a business account. The cursor is put into an address of our own: the token goes nowhere else.
 * @throws WorkflowError `templates_unreadable`; retryable when a later try may succeed
 */
export async function listTemplates(settings: GraphSettings, request: ListTemplatesRequest): Promise<JsonObject[]> {
  const credentials = cloudApiCredentials.safeParse(request.account.credentials);
  if (!credentials.success) throw unreadable("the account's credentials need an accessToken", false);
  const root = `${settings.GRAPH_API_URL.replace(/\/+$/, "")}/${settings.GRAPH_API_VERSION}`;
  const url = new URL(`${root}/${encodeURIComponent(request.businessId)}/message_templates`);
  url.searchParams.set("fields", FIELDS);
  url.searchParams.set("limit", PAGE_SIZE);
  const templates: JsonObject[] = [];
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const body = await readPage(url, request, {
      token: credentials.data.accessToken,
      timeoutMs: (settings.timeoutSeconds ?? 15) * 1000,
    });
    const items = listOf(body.data);
    if (items === undefined) throw unreadable("the answer has no list of templates", false);
    templates.push(...items.map(objectOf).filter((item) => item !== undefined));
    const paging = objectOf(body.paging);
    const after = textOf(objectOf(paging?.cursors)?.after);
    if (paging?.next === undefined || after === undefined) return templates;
    url.searchParams.set("after", after);
  }
  throw unreadable(`there are more than ${MOST_PAGES} pages`, false);
}

async function readPage(
  url: URL,
  { correlationId, signal }: ListTemplatesRequest,
  { token, timeoutMs }: { readonly token: string; readonly timeoutMs: number },
): Promise<JsonObject> {
  let status: number;
  let body: JsonObject | undefined;
  try {
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${token}`, "x-correlation-id": correlationId.replaceAll(/[^\x21-\x7e]/g, "") },
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    status = response.status;
    body = objectOf(cleanJson(await response.json()));
  } catch (error) {
    throw unreadable(`the Graph API did not answer in JSON (${error instanceof Error ? error.name : "error"})`, true);
  }
  const error = objectOf(body?.error);
  if (status === 200 && body !== undefined && error === undefined) return body;
  const code = typeof error?.code === "number" ? error.code : 0;
  const means = graphErrorMeaning(code, { httpStatus: status, transient: error?.is_transient === true });
  throw unreadable(`${means.meaning} (code ${code}, HTTP ${status})`, means.class === "retry");
}

function unreadable(reason: string, retryable: boolean): WorkflowError {
  return new WorkflowError(`The message templates could not be read: ${reason}.`, {
    code: "templates_unreadable",
    retryable,
  });
}
