// The whole local platform in one call: Postgres, REST, Auth, Realtime, the edge functions, one gateway in front of
// them, and the programs beside them. `npm start`, the tests and the bench all use it.
//
//   const stack = await startStack({ dataDir: "/tmp/x", ports: { gateway: 28100, postgres: 28101 }, programs: false });
//   await fetch(`${stack.urls.functions}/health/ready`);
//   await stack.stop();
import { existsSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { EdgeFunctions, watchedFolders } from "./functions/functions.ts";
import { startGateway } from "./gateway.ts";
import { type Lite, startLite } from "./lite.ts";
import type { LogBook } from "./logs.ts";
import { applyMigrations, preparePlatform } from "./platform.ts";
import { sleep } from "./processes.ts";
import type { Program } from "./programs.ts";
import { startRealtime } from "./realtime.ts";
import { type Env, functionSecrets, platformEnv, stackUrls } from "./stack-env.ts";
import { type Ground, type Place, placeOf, prepareGround } from "./stack-ground.ts";
import { createPrograms } from "./stack-programs.ts";
import type { Stack, StackOptions } from "./stack-types.ts";

export type { Stack, StackOptions, StackStep } from "./stack-types.ts";

const READY_MS = 60_000;
/**
 * Starts a platform; resolves when everything answers.
 * @param options - see StackOptions
 * @throws AlreadyRunningError, PortTakenError, or Error saying what did not start; whatever had started is stopped
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const starter = new Starter(options);
  try {
    return await starter.start();
  } catch (error) {
    await starter.stop();
    throw error;
  }
}

/** One start, step by step; remembers how to undo each step. */
class Starter {
  readonly #options: StackOptions;
  readonly #place: Place;
  readonly #timings: Record<string, number> = {};
  readonly #cleanUps: (() => unknown)[] = [];
  #stopped: Promise<void> | undefined;

  constructor(options: StackOptions) {
    this.#options = options;
    this.#place = placeOf(options);
    options.signal?.addEventListener("abort", () => void this.stop());
  }

  async start(): Promise<Stack> {
    const ground = await prepareGround(this.#options, this.#place, {
      onStop: (cleanUp) => this.#onStop(cleanUp),
      isStopped: () => this.#stopped !== undefined,
    });
    const functions = await this.#createFunctions(ground);
    const fetched = functions.prefetch(); // it waits for the network while the database starts
    fetched.catch(() => {}); // awaited below, unless an earlier step fails
    await this.#step("Postgres", () => this.#startPostgres(ground));
    await this.#step("platform", () => this.#preparePlatform(ground));
    await this.#step("migrations", () => this.#migrate(ground));
    if (this.#options.seed === true) await this.#step("demo tenant", () => this.#seed(ground));
    const lite = await this.#startGateway(ground, functions);
    await this.#step("functions", () => this.#startFunctions(functions, { fetched, logs: ground.logs }));
    const programs = await this.#startPrograms(ground);
    if (this.#options.waitUntilReady ?? this.#options.seed === true)
      await this.#step("ready", () => this.#waitUntilReady(functions));
    this.#writeStackFile(ground);
    return this.#describe(ground, { functions, programs, reloadSchema: () => lite.reload() });
  }

  /** Remembers how to undo a step; undoes it at once when the platform is being stopped already. */
  #onStop(cleanUp: () => unknown): void {
    this.#cleanUps.push(cleanUp);
    if (this.#stopped !== undefined) this.#stopped = this.#stopped.then(() => this.#undo());
  }

  /** Stops everything, last started first. */
  stop(): Promise<void> {
    this.#stopped ??= this.#undo();
    return this.#stopped;
  }

  async #undo(): Promise<void> {
    for (let cleanUp = this.#cleanUps.pop(); cleanUp !== undefined; cleanUp = this.#cleanUps.pop()) {
      try {
        await cleanUp();
      } catch (error) {
        process.stderr.write(`While stopping: ${error}\n`);
      }
    }
  }

  async #step(name: string, work: () => Promise<string>): Promise<void> {
    if (this.#stopped !== undefined) throw new Error("The start was broken off.");
    const began = performance.now();
    const detail = await work();
    const milliseconds = Math.round(performance.now() - began);
    this.#timings[name] = milliseconds;
    this.#options.onStep?.({ name, milliseconds, detail });
  }

  async #startPostgres({ postgres, keys }: Ground): Promise<string> {
    const isNew = !postgres.initialised;
    postgres.initialise(keys.passwords.admin);
    this.#onStop(() => postgres.stop());
    await postgres.start();
    const elsewhere = postgres.folder.startsWith(this.#place.dataDir) ? "" : `data in ${postgres.folder}`;
    return isNew ? `new database ${elsewhere}`.trim() : elsewhere;
  }

  async #preparePlatform({ urls, keys }: Ground): Promise<string> {
    return (await preparePlatform(urls, keys.passwords)) ? "roles, auth, storage, realtime created" : "";
  }

  async #migrate({ urls, logs }: Ground): Promise<string> {
    const report = await applyMigrations(this.#place.root, urls);
    if (report.edited.length > 0)
      logs.note(
        "migrations",
        "warn",
        `${report.edited.join(", ")} changed after being applied; the database has the old form. Start with --fresh to build it anew.`,
      );
    return report.pushed ? `${report.count} applied by supabase db push` : `${report.count}, none new`;
  }

  async #seed({ urls, env, keys }: Ground): Promise<string> {
    const { seedDemo } = await import("./seed.ts"); // it needs the product's code, which a platform without seed does not
    await seedDemo({ databaseUrl: urls.postgres, env, apiKey: keys.apiKey });
    return "";
  }

  async #createFunctions({ tokens, env, logs }: Ground): Promise<EdgeFunctions> {
    const farAway = Math.floor(Date.now() / 1000) + 10 * 365 * 86_400;
    const legacy = (role: string) => tokens.sign({ role, iss: "supabase", exp: farAway });
    return new EdgeFunctions({
      root: this.#place.root,
      denoDir: path.resolve(this.#options.denoDir ?? path.join(this.#place.dataDir, "deno")),
      platformEnv: platformEnv(env, { anon: await legacy("anon"), serviceRole: await legacy("service_role") }),
      secrets: functionSecrets(env),
      limits: this.#options.limits ?? {},
      onLine: (slug, line, isError) => logs.take(slug, line, isError),
    });
  }

  async #startGateway({ keys, tokens, urls, logs }: Ground, functions: EdgeFunctions): Promise<Lite> {
    const credentials = { publishableKey: keys.publishableKey, secretKey: keys.secretKey, tokens };
    let started: Lite | undefined;
    await this.#step("gateway", async () => {
      this.#onStop(() => functions.close());
      const lite = await startLite(urls.lite, keys, {
        folder: path.join(this.#place.dataDir, "storage"),
        onOutput: (text) => logs.note("rest", "info", text),
      });
      this.#onStop(() => lite.close());
      const realtime = await startRealtime(urls.admin, credentials);
      this.#onStop(() => realtime.close());
      const onError = (error: unknown) => logs.note("gateway", "error", String(error));
      const options = { port: this.#place.ports.gateway, credentials, lite, functions, realtime, onError };
      const gateway = await startGateway(options);
      this.#onStop(() => gateway.close());
      started = lite;
      return gateway.url;
    });
    if (started === undefined) throw new Error("unreachable: the step above throws or sets it");
    return started;
  }

  async #startFunctions(
    functions: EdgeFunctions,
    { fetched, logs }: { readonly fetched: Promise<string>; readonly logs: LogBook },
  ): Promise<string> {
    const problems = await fetched;
    if (problems !== "") logs.note("deno", "error", problems);
    if (this.#options.watch === true)
      functions.watch(watchedFolders(this.#place.root).filter((folder) => existsSync(folder)));
    if (this.#options.warm === false) return functions.names.join(", ");
    const failures = await functions.warm();
    for (const [name, reason] of failures) logs.note(name, "error", `did not boot: ${reason}`);
    return functions.names.map((name) => (failures.has(name) ? `${name} (failed)` : name)).join(", ") || "none";
  }

  async #startPrograms({ env, logs }: Ground): Promise<Map<string, Program>> {
    const programs = createPrograms(this.#place.programs, {
      root: this.#place.root,
      dataDir: this.#place.dataDir,
      env,
      restart: this.#options.restart ?? false,
      logs,
    });
    this.#onStop(() => Promise.all([...programs.values()].map((program) => program.stop())));
    const starts = [...programs.values()].map((program) => this.#step(program.name, () => startProgram(program)));
    await Promise.all(starts);
    return programs;
  }

  /** Waits until the function `health` says that everything is there. A project without it is ready now. */
  async #waitUntilReady(functions: EdgeFunctions): Promise<string> {
    if (functions.find("health") === undefined) return "";
    const url = `http://127.0.0.1:${this.#place.ports.gateway}/functions/v1/health/ready`;
    const end = Date.now() + READY_MS;
    for (;;) {
      const answer = await fetch(url);
      if (answer.ok) return "";
      const words = await answer.text();
      if (Date.now() > end)
        throw new Error(`${url} still answers ${answer.status} after ${READY_MS / 1000} s:\n${words}`);
      await sleep(100);
    }
  }

  /** For test-webhook-workflow.sh and whoever else wants to talk to the running platform. */
  #writeStackFile(ground: Ground): void {
    const file = path.join(this.#place.dataDir, "stack.json");
    const { gateway, simulator, webhook, api } = stackUrls(this.#place.ports, ground.urls);
    const content = {
      gatewayUrl: gateway,
      apiUrl: api,
      databaseUrl: ground.urls.postgres,
      simulatorUrl: simulator,
      webhookUrl: webhook,
      appSecret: firstSecret(ground.env),
      verifyToken: ground.env.WHATSAPP_VERIFY_TOKEN,
      publishableKey: ground.keys.publishableKey,
      secretKey: ground.keys.secretKey,
      ...(this.#options.seed === true ? { apiKey: ground.keys.apiKey } : {}),
    };
    writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
    this.#onStop(() => rmSync(file, { force: true }));
  }

  #describe(
    { keys, tokens, urls, env, postgres }: Ground,
    parts: {
      readonly functions: EdgeFunctions;
      readonly programs: ReadonlyMap<string, Program>;
      readonly reloadSchema: () => Promise<void>;
    },
  ): Stack {
    const { functions, programs, reloadSchema } = parts;
    return {
      root: this.#place.root,
      dataDir: this.#place.dataDir,
      ports: this.#place.ports,
      urls: stackUrls(this.#place.ports, urls),
      keys: {
        publishable: keys.publishableKey,
        secret: keys.secretKey,
        api: keys.apiKey,
        appSecret: firstSecret(env),
        verifyToken: env.WHATSAPP_VERIFY_TOKEN ?? "",
      },
      tokens,
      env,
      postgres,
      functions,
      programs,
      program: (name) => {
        const program = programs.get(name);
        if (program === undefined) throw new Error(`No program ${name}; there are ${[...programs.keys()].join(", ")}`);
        return program;
      },
      timings: this.#timings,
      reloadSchema,
      stop: () => this.stop(),
    };
  }
}

async function startProgram(program: Program): Promise<string> {
  await program.start();
  return program.url;
}

/** The secret that the simulator signs with. */
function firstSecret(env: Env): string {
  return env.WHATSAPP_APP_SECRETS?.split(",")[0]?.trim() ?? "";
}
