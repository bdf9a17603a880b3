// Runs pgTAP tests without Docker, psql or an installed extension: pgTAP's SQL comes out of the npm package of PGlite
// and is loaded into the schema `extensions`; every test file is sent over a connection of its own.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";

/** Which tests are run, and where. */
export interface PgTapOptions {
  /** Connection string of the user that the tests run as: `postgres`. */
  readonly url: string;
  /** Connection string of the superuser, who loads pgTAP. */
  readonly adminUrl: string;
  /**
   * Folder of the tests; every *.test.sql below it is one, and begins and rolls back its own transaction.
   * A file setup.sql in it is run once before them, as the same user: helpers that the tests share.
   */
  readonly folder: string;
  /** Only files whose path contains this. */
  readonly filter?: string;
  /** Files at the same time. Default: 4. */
  readonly concurrency?: number;
  /** Takes the report line by line. Default: the console. */
  readonly print?: (line: string) => void;
}

/** What came out of it. */
export interface PgTapResult {
  readonly files: number;
  readonly failedFiles: number;
  /** Assertions that held. */
  readonly passed: number;
  /** Assertions that did not hold, and files that broke off. */
  readonly failed: number;
}

/** What one file said. */
interface FileResult {
  readonly passed: number;
  readonly failed: number;
  /** What to tell about it: failing assertions with their diagnosis, an error, a wrong plan. */
  readonly complaints: readonly string[];
}

/**
 * Runs all test files of a folder.
 * @param options - see PgTapOptions
 */
export async function runPgTap(options: PgTapOptions): Promise<PgTapResult> {
  const print = options.print ?? ((line: string) => console.log(line));
  const names = readdirSync(options.folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.sql") && name.includes(options.filter ?? ""))
    .sort();
  await loadPgTap(options.adminUrl);
  const setup = path.join(options.folder, "setup.sql");
  if (existsSync(setup)) await withClient(options.url, (client) => client.query(readFileSync(setup, "utf8")));
  const total = { files: names.length, failedFiles: 0, passed: 0, failed: 0 };
  const queue = names.values();
  const worker = async () => {
    for (const name of queue) {
      const result = await runFile(options.url, path.join(options.folder, name));
      total.passed += result.passed;
      total.failed += result.failed;
      if (result.failed > 0) total.failedFiles += 1;
      print(`${result.failed > 0 ? "FAIL" : "ok  "} ${name} (${result.passed})`);
      for (const complaint of result.complaints) print(`     ${complaint}`);
    }
  };
  await Promise.all(Array.from({ length: options.concurrency ?? 4 }, worker));
  return total;
}

/**
 * Loads pgTAP into the schema `extensions`, unless it is there.
 * @param adminUrl - connection string of the superuser
 */
export async function loadPgTap(adminUrl: string): Promise<void> {
  await withClient(adminUrl, async (client) => {
    const { rows } = await client.query("select to_regproc('extensions.no_plan') is not null as loaded");
    if (rows[0]?.loaded === true) return;
    const quietly = "set local search_path = extensions; set local client_min_messages = error;";
    await client.query(`begin; ${quietly} ${pgTapSql()}; commit`);
  });
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {}); // a test that ends its own connection
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}

function pgTapSql(): string {
  const archive = path.join(path.dirname(fileURLToPath(import.meta.resolve("@electric-sql/pglite"))), "pgtap.tar.gz");
  const inside = "share/postgresql/extension/";
  const control = execFileSync("tar", ["-xzOf", archive, `${inside}pgtap.control`], { encoding: "utf8" });
  const version = /default_version = '([^']+)'/.exec(control)?.[1];
  const file = `${inside}pgtap--${version}.sql`;
  return execFileSync("tar", ["-xzOf", archive, file], { encoding: "utf8", maxBuffer: 16 * 1024 * 1024 });
}

async function runFile(url: string, file: string): Promise<FileResult> {
  const lines: string[] = [];
  try {
    // Row by row, so that what was said before an error is not lost with it.
    const take = (row: object) => {
      const [value] = Object.values(row);
      if (typeof value === "string") lines.push(...value.split("\n"));
    };
    await withClient(url, (client) => send(client, readFileSync(file, "utf8"), take));
    return judge(lines);
  } catch (error) {
    const { passed, failed, complaints } = countAssertions(lines);
    return { passed, failed: failed + 1, complaints: [...complaints, describe(error)] };
  }
}

function send(client: pg.Client, sql: string, onRow: (row: object) => void): Promise<void> {
  const query = new pg.Query(sql);
  query.on("row", onRow);
  return new Promise((resolve, reject) => {
    query.on("end", () => resolve());
    query.on("error", reject);
    client.query(query);
  });
}

/** The assertions, and what is said about those that failed. */
function countAssertions(lines: readonly string[]): FileResult {
  return {
    passed: lines.filter((line) => /^(ok|not ok .*# TODO)\b/.test(line)).length,
    failed: lines.filter((line) => /^not ok /.test(line) && !/# TODO/.test(line)).length,
    complaints: lines.filter((line) => /^(not ok |#)/.test(line)),
  };
}

/** Judges a file that ran to its end: by its assertions, and by its plan. */
function judge(lines: readonly string[]): FileResult {
  const result = countAssertions(lines);
  if (result.failed > 0) return result;
  const plan = lines.map((line) => /^1\.\.(\d+)/.exec(line)?.[1]).find((count) => count !== undefined);
  if (Number(plan) === result.passed) return { ...result, complaints: [] };
  const complaint =
    plan === undefined
      ? "no plan: it needs plan(n), or no_plan() and finish()"
      : `planned ${plan} assertions, ran ${result.passed}`;
  return { ...result, failed: 1, complaints: [...result.complaints, complaint] };
}

function describe(error: unknown): string {
  if (!(error instanceof pg.DatabaseError)) return String(error);
  const more = [error.detail, error.hint, error.where].filter((text) => text !== undefined);
  return [`${error.message} (${error.code})`, ...more].join("\n     ");
}
