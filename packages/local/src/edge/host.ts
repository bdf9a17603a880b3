// Runs inside Deno, one process for one edge function: gives the function what Supabase's edge runtime gives it and
// reports to the parent (functions/isolate.ts) on stdout. Argument: the URL of the function's entrypoint.
//
// What the real runtime does and this imitates: EdgeRuntime.waitUntil, one Deno.serve whose port is ignored,
// `export default { fetch }`, `beforeunload` with a reason, no Deno.exit, Deno.kill or signal handlers for the function,
// an end of the worker at an unhandled rejection. The parent's end of stdin closes when the parent dies; so do we.

type ServeOptions = {
  handler?: Deno.ServeHandler;
  onListen?: (address: { hostname: string; port: number }) => void;
  onError?: (error: unknown) => Response | Promise<Response>;
};

const entrypoint = Deno.args[0] ?? "";
const addSignalListener = Deno.addSignalListener.bind(Deno);
const exit = Deno.exit.bind(Deno);
const serve = Deno.serve.bind(Deno);

const background = new Set<Promise<unknown>>();
let server: Deno.HttpServer | undefined;
let retiring = false;

/** One line that the parent reads; the control character keeps it apart from the function's own output. */
function report(message: Record<string, unknown>): void {
  console.log(`\u0001edge ${JSON.stringify(message)}`);
}

function waitUntil<T>(promise: Promise<T>): Promise<T> {
  if (!(promise instanceof Promise)) {
    console.warn("EdgeRuntime.waitUntil waits for native promises only; this value is ignored.");
    return promise;
  }
  const settled = promise.catch((error) => console.error(error)).finally(() => background.delete(settled));
  background.add(settled);
  return promise;
}

function serveOnce(first: unknown, second?: unknown): Deno.HttpServer {
  const options = (typeof first === "object" && first !== null ? first : {}) as ServeOptions;
  const handler = [first, second, options.handler].find((candidate) => typeof candidate === "function");
  if (handler === undefined) throw new TypeError("Deno.serve needs a handler");
  if (server !== undefined) throw new Error("Deno.serve was called twice in one function");
  server = serve(
    {
      hostname: "127.0.0.1",
      port: 0,
      onListen: (address) => {
        report({ type: "ready", port: address.port });
        options.onListen?.({ hostname: "0.0.0.0", port: 9999 });
      },
      onError:
        options.onError ??
        ((error) => {
          console.error(error);
          return new Response("Internal Server Error", { status: 500 });
        }),
    },
    handler as Deno.ServeHandler,
  );
  return server;
}

/** Takes no more requests, lets running ones and background work finish, and ends. */
async function retire(reason: string): Promise<void> {
  if (retiring) return;
  retiring = true;
  globalThis.dispatchEvent(new CustomEvent("beforeunload", { cancelable: true, detail: { reason } }));
  await server?.shutdown();
  while (background.size > 0) await Promise.allSettled([...background]);
  globalThis.dispatchEvent(new Event("unload"));
  exit(0);
}

async function dieWithParent(): Promise<void> {
  const buffer = new Uint8Array(64);
  while ((await Deno.stdin.read(buffer)) !== null);
  exit(0);
}

async function boot(): Promise<void> {
  try {
    const module = await import(entrypoint);
    const door = module.default as { fetch?: unknown } | undefined;
    if (typeof door === "object" && door !== null && Object.hasOwn(door, "fetch")) {
      const fetch = door.fetch;
      if (typeof fetch !== "function") throw new TypeError("The default export's fetch must be a function");
      serveOnce((request: Request) => fetch.call(door, request));
    }
    if (server === undefined) throw new Error("The function neither called Deno.serve() nor exported { fetch }");
  } catch (error) {
    console.error(error);
    report({ type: "boot_error", message: error instanceof Error ? error.message : String(error) });
    exit(1);
  }
}

// What steers Deno itself is not the function's; PATH is set by Deno.
for (const name of ["DENO_DIR", "DENO_NO_PACKAGE_JSON", "DENO_NO_UPDATE_CHECK", "NO_COLOR", "PATH"])
  Deno.env.delete(name);
Object.defineProperty(globalThis, "EdgeRuntime", { configurable: true, value: Object.freeze({ waitUntil }) });
Object.assign(Deno, {
  serve: serveOnce,
  exit: () => {},
  kill: () => {},
  addSignalListener: () => {},
  removeSignalListener: () => {},
});
addSignalListener("SIGTERM", () => void retire("termination"));
globalThis.addEventListener("unhandledrejection", (event) => {
  console.error("Unhandled rejection:", event.reason);
  event.preventDefault();
  exit(1);
});
void dieWithParent();
await boot();
