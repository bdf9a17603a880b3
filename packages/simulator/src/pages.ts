// Serves the phone page and the page on the queue: HTML, CSS, the page's TypeScript with its types stripped, and the few browser modules it imports.
// There is no build step; the browser resolves the bare names through the import map.
import { readFile } from "node:fs/promises";
import { createRequire, stripTypeScriptTypes } from "node:module";
import { dirname, join } from "node:path";
import { Hono } from "hono";
import type { World } from "./world.ts";

const here = createRequire(import.meta.url);
const signals = createRequire(here.resolve("@preact/signals"));
/** Bare name -> file; nothing else of node_modules is served. */
const modules: Readonly<Record<string, string>> = {
  preact: sibling(here.resolve("preact"), "preact.mjs"),
  "preact/hooks": sibling(here.resolve("preact/hooks"), "hooks.mjs"),
  htm: sibling(here.resolve("htm"), "htm.module.js"),
  "htm/preact": sibling(here.resolve("htm/preact"), "index.module.js"),
  "@preact/signals": sibling(here.resolve("@preact/signals"), "signals.module.js"),
  "@preact/signals-core": sibling(signals.resolve("@preact/signals-core"), "signals-core.module.js"),
};
const folder = join(import.meta.dirname, "page");
/** Path -> file of the pages themselves. */
const pages: Readonly<Record<string, string>> = { "/": "index.html", "/queue": "queue.html" };
const cache = new Map<string, Promise<string>>();

/** The routes of the pages. */
export function pageRoutes(world: World): Hono {
  const app = new Hono();
  for (const [path, file] of Object.entries(pages))
    app.get(path, async (c) => {
      const html = await cached(file, async () =>
        (await readFile(join(folder, file), "utf8")).replace('{ "imports": {} }', importMap()),
      );
      return c.html(html, 200, { "content-security-policy": "frame-ancestors 'self'" });
    });
  app.get("/page/:file{[a-z-]+\\.css}", async (c) => {
    const file = c.req.param("file");
    const css = await cached(file, () => readFile(join(folder, file), "utf8")).catch(() => undefined);
    return css === undefined ? c.notFound() : c.body(css, 200, type("text/css"));
  });
  app.get("/page/:file{[a-z-]+\\.ts}", async (c) => {
    const file = c.req.param("file");
    const code = await cached(file, async () => stripTypeScriptTypes(await readFile(join(folder, file), "utf8"))).catch(
      () => undefined,
    );
    return code === undefined ? c.notFound() : c.body(code, 200, type("text/javascript"));
  });
  app.get("/modules/:name{.+\\.js}", async (c) => {
    const file = modules[c.req.param("name").slice(0, -".js".length)];
    if (file === undefined) return c.notFound();
    return c.body(await cached(file, () => readFile(file, "utf8")), 200, type("text/javascript"));
  });
  app.get("/page-media/:id", (c) => {
    const file = world.media.get(c.req.param("id"));
    if (file === undefined) return c.notFound();
    return c.body(file.bytes, 200, { "content-type": file.mimeType, "content-security-policy": "sandbox" });
  });
  return app;
}

function importMap(): string {
  const imports = Object.fromEntries(Object.keys(modules).map((name) => [name, `/modules/${name}.js`]));
  return JSON.stringify({ imports });
}

function sibling(file: string, name: string): string {
  return join(dirname(file), name);
}

function cached(key: string, make: () => Promise<string>): Promise<string> {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const made = make();
  cache.set(key, made);
  made.catch(() => cache.delete(key));
  return made;
}

function type(mime: string): Readonly<Record<string, string>> {
  return { "content-type": `${mime}; charset=utf-8`, "cache-control": "no-cache" };
}
