// Serves the page for people: HTML, CSS, the page's TypeScript with its types stripped, and the browser modules that it
// imports. There is no build step; the browser resolves the bare names through the import map.
import { readFile } from "node:fs/promises";
import { createRequire, stripTypeScriptTypes } from "node:module";
import { dirname, join } from "node:path";
import { Hono } from "hono";

const here = createRequire(import.meta.url);
const beside = (name: string, file: string) => join(dirname(here.resolve(name)), file);
/** Bare name -> file; nothing else of node_modules is served. */
const MODULES: Readonly<Record<string, string>> = {
  preact: beside("preact", "preact.mjs"),
  "preact/hooks": beside("preact/hooks", "hooks.mjs"),
  htm: beside("htm", "htm.module.js"),
  "htm/preact": beside("htm/preact", "index.module.js"),
};
const FOLDER = join(import.meta.dirname, "../page");

/** Routes of the page. */
export function pageRoutes(): Hono {
  const app = new Hono();
  app.get("/", async (c) => {
    const imports = Object.fromEntries(Object.keys(MODULES).map((name) => [name, `/modules/${name}.js`]));
    const html = await readFile(join(FOLDER, "index.html"), "utf8");
    const policy = { "content-security-policy": "frame-ancestors 'self'" };
    return c.html(html.replace('{ "imports": {} }', JSON.stringify({ imports })), 200, policy);
  });
  app.get("/page/:file{[a-z-]+\\.css}", async (c) => {
    const css = await textOf(join(FOLDER, c.req.param("file")));
    return css === undefined ? c.notFound() : c.body(css, 200, { "content-type": "text/css; charset=utf-8" });
  });
  app.get("/page/:file{[a-z-]+\\.ts}", async (c) => {
    const code = await textOf(join(FOLDER, c.req.param("file")));
    return code === undefined ? c.notFound() : c.body(stripTypeScriptTypes(code), 200, JAVASCRIPT);
  });
  app.get("/modules/:name{.+\\.js}", async (c) => {
    const file = MODULES[c.req.param("name").slice(0, -".js".length)];
    return file === undefined ? c.notFound() : c.body(await readFile(file, "utf8"), 200, JAVASCRIPT);
  });
  return app;
}

const JAVASCRIPT = { "content-type": "text/javascript; charset=utf-8" };

function textOf(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").catch(() => undefined);
}
