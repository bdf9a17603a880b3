// The webhooks that the parser is tried on: the project's own, and a larger corpus beside the repository when it is there.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const root = join(import.meta.dirname, "../../../..");
/** The project's own webhooks. */
export const ownFixtures = join(import.meta.dirname, "../../fixtures/cloud-api");
/** The larger corpus; not part of the repository. FIXTURES_DIR may name another folder with an index.json. */
export const corpusFolder = resolve(root, process.env.FIXTURES_DIR ?? "../shared/fixtures/whatsapp");

/** One webhook. */
export interface Webhook {
  readonly name: string;
  readonly body: unknown;
}

/** The JSON of a file. */
export function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"));
}

/** The project's own webhooks by name. */
export function readOwnFixtures(): Webhook[] {
  const files = readdirSync(ownFixtures).filter((file) => file.endsWith(".json"));
  return files.map((file) => ({ name: file.replace(/\.json$/, ""), body: readJson(join(ownFixtures, file)) }));
}

/** Meta's webhooks of the corpus, single changes put into an envelope; undefined when there is no corpus. */
export function readCorpus(): Webhook[] | undefined {
  const index = join(corpusFolder, "index.json");
  if (!existsSync(index)) return undefined;
  // SAFETY: the corpus describes itself by these fields; a file that does not would make the test fail.
  const entries = readJson(index) as { file: string; provider: string }[];
  return entries
    .filter(({ provider }) => provider.startsWith("meta_cloud"))
    .map(({ file, provider }) => {
      const json = readJson(join(corpusFolder, file));
      const body = provider === "meta_cloud" ? json : { entry: [{ id: "0", changes: [json] }] };
      return { name: file, body };
    });
}

/** The lists that are read item by item; a change of another field, or of none, is one item. */
const listsOf: Readonly<Record<string, readonly string[]>> = {
  messages: ["messages", "statuses", "errors"],
  smb_message_echoes: ["message_echoes", "errors"],
  history: ["history", "messages", "errors"],
  standby: ["messages", "statuses", "errors"],
};

/** How many items a webhook carries, well-formed or not. */
export function countItems(body: unknown): number {
  return membersOf(body, "entry").reduce<number>((sum, entry) => {
    const changes = membersOf(entry, "changes");
    return (
      sum +
      Math.max(
        1,
        changes.map(countInChange).reduce((total, count) => total + count, 0),
      )
    );
  }, 0);
}

function countInChange(change: unknown): number {
  const field = memberOf(change, "field");
  const lists = typeof field === "string" && Object.hasOwn(listsOf, field) ? (listsOf[field] ?? []) : [];
  return Math.max(
    1,
    lists.reduce((count, name) => count + membersOf(memberOf(change, "value"), name).length, 0),
  );
}

function membersOf(holder: unknown, name: string): readonly unknown[] {
  const list = memberOf(holder, name);
  return Array.isArray(list) ? list : [];
}

function memberOf(holder: unknown, name: string): unknown {
  if (typeof holder !== "object" || holder === null || Array.isArray(holder)) return undefined;
  // SAFETY: an object of unknown members.
  return (holder as Record<string, unknown>)[name];
}
