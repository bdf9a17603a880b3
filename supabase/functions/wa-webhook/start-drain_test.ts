// Starting the queue-worker function behind the response, against a real server.
import { match, deepStrictEqual as same } from "node:assert/strict";
import { createLogger } from "@switchboard/commons/log.ts";
import { drainByFunction } from "./start-drain.ts";

const keys = { SUPABASE_SECRET_KEYS: { default: "sb_secret_test" } };

/** Lets what is ready happen until there is an answer. */
async function eventually(probe: () => boolean): Promise<void> {
  while (!probe()) await new Promise((resolve) => setTimeout(resolve, 5));
}

Deno.test("calls the function with a secret key, one call at a time", async () => {
  const arrived: Request[] = [];
  const answers: (() => void)[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => undefined }, async (request) => {
    arrived.push(request);
    await new Promise<void>((resolve) => answers.push(resolve));
    return Response.json({ handled: 0, failed: 0 });
  });
  const start = drainByFunction(
    { SUPABASE_URL: `http://127.0.0.1:${server.addr.port}`, ...keys },
    createLogger("test", "silent"),
  );
  for (const id of ["corr-one", "corr-two", "corr-three"]) start(id);
  await eventually(() => answers.length === 1);
  same(new URL(arrived[0]?.url ?? "").pathname, "/functions/v1/queue-worker");
  same(arrived[0]?.headers.get("apikey"), "sb_secret_test");
  answers[0]?.();
  await eventually(() => answers.length === 2);
  answers[1]?.();
  await server.shutdown();
  same(arrived.length, 2);
});

Deno.test("a function that is away or refuses costs nothing but a warning", async () => {
  const lines: string[] = [];
  const log = createLogger("test", "debug", (line) => lines.push(line));
  drainByFunction({ SUPABASE_URL: "http://127.0.0.1:1", ...keys }, log)("corr-away");
  await eventually(() => lines.length === 1);
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => undefined }, () => {
    return new Response("no", { status: 401 });
  });
  drainByFunction({ SUPABASE_URL: `http://127.0.0.1:${server.addr.port}`, ...keys }, log)("corr-refused");
  await eventually(() => lines.length === 2);
  await server.shutdown();
  match(lines[0] ?? "", /could not be reached.*corr-away/);
  match(lines[1] ?? "", /refused to start.*corr-refused.*401/);
});
