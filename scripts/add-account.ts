// Adds a WhatsApp number to a tenant, or changes its names, agent and access token. Asks Meta first whether the token
// opens the number, then stores the token encrypted. Idempotent.
import { parseArgs } from "node:util";
import { encryptCredentials, parseMasterKeys } from "@switchboard/commons/credentials.ts";
import { configureSending } from "@switchboard/commons/db/delivery.ts";
import { setAccountCredentials, upsertTenant, upsertWhatsappAccount } from "@switchboard/commons/db/tenancy.ts";
import { readSettings } from "@switchboard/commons/env.ts";
import { readAccessToken } from "./access-token.ts";
import { findDeployment, runTool, UserError } from "./deployment.ts";

const HELP = `npm run account:add -- --tenant <slug> --tenant-name <name> --phone-number-id <id> [more]

Adds a WhatsApp number to a tenant (both are created when they are new), or changes them.
The access token comes from WHATSAPP_ACCESS_TOKEN or from stdin, never from an argument.

  --tenant <slug>          the tenant: lower-case letters, digits, hyphens, such as luna
  --tenant-name <name>     its name for people, such as "Luna Bistro"
  --phone-number-id <id>   Meta's id of the number (WhatsApp > API setup); not the number itself
  --provider <provider>    cloud_api (the default, and the only one that needs a stored token)
  --display-phone <number> the number for people, such as "+1 555 010 0001"; Meta is asked when it is left out
  --name <name>            the account's name for people; Meta's verified name when it is left out
  --agent <service>        who answers; default agent:concierge
  --business-id <id>       Meta's id of the WhatsApp Business account of the number, whose message templates are read then
  --shard <number>         the tenant's shard, fixed when it is created; default 0
  --skip-check             does not ask Meta; --display-phone and --name are then needed

It works on SUPABASE_DB_URL with MASTER_KEYS, from the environment or .env; without SUPABASE_DB_URL on the local stack.
Meta is asked at GRAPH_API_URL (the local stack: its simulator).

  printf %s "$TOKEN" | npm run account:add -- --tenant luna --tenant-name "Luna Bistro" --phone-number-id 123456789012345`;

/** What the command line asks for. */
interface Wish {
  readonly tenant: string;
  readonly tenantName: string;
  readonly phoneNumberId: string;
  readonly displayPhone: string | undefined;
  readonly name: string | undefined;
  readonly agent: string;
  readonly businessId: string | undefined;
  readonly shard: number;
  readonly skipCheck: boolean;
}

/** What the Graph API answers: a number's names, or an error. */
interface GraphAnswer {
  readonly display_phone_number?: string;
  readonly verified_name?: string;
  readonly error?: { readonly code?: number; readonly message?: string };
}

const CHECK_MS = 15_000;

await runTool(async () => {
  const wish = readWish();
  if (wish === undefined) return console.log(HELP);
  const deployment = findDeployment();
  const settings = readSettings(["MASTER_KEYS", "GRAPH_API_URL", "GRAPH_API_VERSION"], deployment.env);
  const keys = await parseMasterKeys(settings.MASTER_KEYS);
  const accessToken = await readAccessToken();
  const names = await namesOf(wish, settings, accessToken);

  const db = deployment.connect("account:add");
  try {
    const { shard } = wish;
    const tenantId = await upsertTenant(db, shard, wish.tenant, wish.tenantName);
    const account = { provider: "cloud_api", externalId: wish.phoneNumberId, agent: wish.agent, ...names };
    const accountId = await upsertWhatsappAccount(db, shard, tenantId, account);
    if (wish.businessId !== undefined) await configureSending(db, shard, accountId, { businessId: wish.businessId });
    await setAccountCredentials(db, shard, accountId, await encryptCredentials({ accessToken }, keys, accountId));
    console.log(`${names.displayPhone} (${names.name}) belongs to tenant ${wish.tenant}; ${wish.agent} answers.`);
    console.log(`Account ${accountId}, tenant ${tenantId}, in ${deployment.description}.`);
    console.log("Meta's webhook for it: <SUPABASE_URL>/functions/v1/wa-webhook/cloud-api, with WHATSAPP_VERIFY_TOKEN.");
  } finally {
    await db.end();
  }
});

/** The command line; undefined when it asks for help. */
function readWish(): Wish | undefined {
  const { values } = parseArgs({
    options: {
      tenant: { type: "string" },
      "tenant-name": { type: "string" },
      "phone-number-id": { type: "string" },
      provider: { type: "string", default: "cloud_api" },
      "display-phone": { type: "string" },
      name: { type: "string" },
      agent: { type: "string", default: "agent:concierge" },
      "business-id": { type: "string" },
      shard: { type: "string", default: "0" },
      "skip-check": { type: "boolean", default: false },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return undefined;
  if (values.provider !== "cloud_api")
    throw new UserError(`--provider ${values.provider}: only cloud_api keeps an access token here.`);
  return {
    tenant: matching("--tenant", values.tenant, /^[a-z0-9][a-z0-9-]{0,62}$/, "lower-case letters, digits and hyphens"),
    tenantName: matching("--tenant-name", values["tenant-name"], /^.{1,200}$/u, "1 to 200 characters"),
    phoneNumberId: matching("--phone-number-id", values["phone-number-id"], /^\d{5,20}$/, "5 to 20 digits, Meta's id"),
    displayPhone: values["display-phone"],
    name: values.name,
    agent: matching("--agent", values.agent, /^agent:[a-z0-9-]+$/, "agent:<name>, such as agent:concierge"),
    businessId:
      values["business-id"] === undefined
        ? undefined
        : matching("--business-id", values["business-id"], /^\d{5,20}$/, "5 to 20 digits, Meta's id"),
    shard: Number(matching("--shard", values.shard, /^\d{1,4}$/, "a number")),
    skipCheck: values["skip-check"],
  };
}

function matching(flag: string, value: string | undefined, form: RegExp, words: string): string {
  if (value === undefined) throw new UserError(`${flag} is missing (${words}). --help shows all.`);
  if (!form.test(value)) throw new UserError(`${flag} ${value}: must be ${words}.`);
  return value;
}

/** What people see of the account: what the command line says, else what Meta says. */
async function namesOf(
  wish: Wish,
  graph: { readonly GRAPH_API_URL: string; readonly GRAPH_API_VERSION: string },
  accessToken: string,
): Promise<{ displayPhone: string; name: string }> {
  const { displayPhone, name } = wish;
  if (wish.skipCheck) {
    if (displayPhone === undefined || name === undefined)
      throw new UserError("--skip-check needs --display-phone and --name, because Meta is not asked for them.");
    return { displayPhone, name };
  }
  const root = `${graph.GRAPH_API_URL.replace(/\/+$/, "")}/${graph.GRAPH_API_VERSION}`;
  const known = await askGraph(`${root}/${wish.phoneNumberId}?fields=display_phone_number,verified_name`, accessToken);
  const digits = (text: string) => text.replace(/\D/g, "");
  if (displayPhone !== undefined && digits(displayPhone) !== digits(known.display_phone_number))
    throw new UserError(
      `--display-phone ${displayPhone}: Meta says that ${wish.phoneNumberId} is ${known.display_phone_number}. One of the two is another number's.`,
    );
  return {
    displayPhone: displayPhone ?? known.display_phone_number,
    name: name ?? known.verified_name ?? wish.tenantName,
  };
}

async function askGraph(
  url: string,
  accessToken: string,
): Promise<{ display_phone_number: string; verified_name: string | undefined }> {
  const headers = { authorization: `Bearer ${accessToken}` };
  const response = await fetch(url, { headers, redirect: "manual", signal: AbortSignal.timeout(CHECK_MS) }).catch(
    () => undefined,
  );
  if (response === undefined)
    throw new UserError(`No answer from ${new URL(url).origin}: check GRAPH_API_URL and the network, or --skip-check.`);
  // SAFETY: every field is optional and looked at before use; an answer of another shape has none of them.
  const answer = ((await response.json().catch(() => null)) ?? {}) as GraphAnswer;
  const { display_phone_number, verified_name, error } = answer;
  if (response.ok && typeof display_phone_number === "string") return { display_phone_number, verified_name };
  const code = error?.code ?? response.status;
  throw new UserError(
    `Meta refuses (${code}): ${error?.message ?? "no reason given"}\n${advice(code)} Nothing was stored.`,
  );
}

function advice(code: number): string {
  if (code === 190)
    return "The access token is wrong or has expired; make one of a system user, which does not expire.";
  if (code === 100) return "--phone-number-id must be an id that this token may see (WhatsApp > API setup).";
  if (code === 10 || code === 200)
    return "The token needs the permissions whatsapp_business_messaging and whatsapp_business_management.";
  return "Try again, or --skip-check.";
}
