// The agent behind test-webhook-workflow.sh: a number of its own whose agent is slow, fails, or says several things, as the
// customer's words tell it to. It registers itself as any agent does, and leaves the registry when it is stopped.
//
//   slow <word>: the first call for the turn is never answered      fails <word>: the first two are answered with 503
//   parts <word>: four answers                                       anything else: one answer
//
// GET /calls?word=<word>: how often a turn with that word was asked. Settings: DATABASE_URL, MASTER_KEYS, ACCESS_TOKEN, AGENT_PORT
// (0: a free one), AGENT_URL (where the workers reach it; default: this machine), PHONE_NUMBER_ID.
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { encryptCredentials, parseMasterKeys } from "@switchboard/commons/credentials.ts";
import { createDatabase } from "@switchboard/commons/db/database.ts";
import {
  deregisterServiceEndpoint,
  registerService,
  registerServiceEndpoint,
} from "@switchboard/commons/db/services.ts";
import {
  configureTenant,
  setAccountCredentials,
  upsertTenant,
  upsertWhatsappAccount,
} from "@switchboard/commons/db/tenancy.ts";

const SHARD = 0;
const SERVICE = "agent:webhook-test";
/** Longest time of one call: what the script calls a timeout. */
const TIMEOUT_MS = 2_000;
const HEARTBEAT_MS = 20_000;

const need = (name: string): string => {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`${name} is not set`);
  return value;
};

const calls = new Map<string, number>();
const server = createServer((request, response) => {
  const url = new URL(request.url ?? "/", "http://agent");
  if (url.pathname === "/health") return void response.end("{}");
  if (url.pathname === "/calls") return void response.end(String(calls.get(url.searchParams.get("word") ?? "") ?? 0));
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => answer(response, JSON.parse(Buffer.concat(chunks).toString("utf8"))));
});

interface Turn {
  readonly messages: readonly { readonly text: string }[];
}

function answer(response: ServerResponse, { messages }: Turn): void {
  const [act = "", word = ""] = (messages.at(-1)?.text ?? "").split(" ");
  const call = (calls.get(word) ?? 0) + 1;
  calls.set(word, call);
  if (act === "slow" && call === 1) return;
  if (act === "fails" && call <= 2) return void response.writeHead(503).end();
  const texts = act === "parts" ? [1, 2, 3, 4].map((part) => `${word} ${part}`) : [`heard ${word}`];
  const replies = texts.map((text) => ({ type: "text", text }));
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ replies }));
}

const db = createDatabase({
  url: need("DATABASE_URL"),
  role: "service_role",
  size: 1,
  applicationName: "switchboard test agent",
});
const keys = await parseMasterKeys(need("MASTER_KEYS"));
const tenantId = await upsertTenant(db, SHARD, "webhook-test", "Webhook test");
await configureTenant(db, SHARD, tenantId, { burstQuietMs: 100, burstLongQuietMs: 100, burstMaxWaitMs: 1_000 });
const accountId = await upsertWhatsappAccount(db, SHARD, tenantId, {
  provider: "cloud_api",
  externalId: need("PHONE_NUMBER_ID"),
  displayPhone: "+1 555 010 0009",
  name: "Webhook test",
  agent: SERVICE,
});
const credentials = await encryptCredentials({ accessToken: need("ACCESS_TOKEN") }, keys, accountId);
await setAccountCredentials(db, SHARD, accountId, credentials);

const host = process.env.AGENT_URL ? "0.0.0.0" : "127.0.0.1";
await new Promise<void>((listening) => server.listen(Number(process.env.AGENT_PORT ?? 0), host, listening));
// SAFETY: a server that listens on TCP has an address with a port.
const port = (server.address() as AddressInfo).port;
const url = process.env.AGENT_URL || `http://127.0.0.1:${port}`;
await registerService(db, { name: SERVICE, kind: "agent", timeoutMs: TIMEOUT_MS, maxAttempts: 1 });
await registerServiceEndpoint(db, SERVICE, url, true);
const beat = setInterval(() => void registerServiceEndpoint(db, SERVICE, url, false).catch(() => {}), HEARTBEAT_MS);

const stop = async () => {
  clearInterval(beat);
  await deregisterServiceEndpoint(db, SERVICE, url).catch(() => {});
  await db.end();
  process.exit(0);
};
process.on("SIGTERM", () => void stop());
process.on("SIGINT", () => void stop());
console.log(`ready http://127.0.0.1:${port}`);
