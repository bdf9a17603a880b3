// The page's files, its stream of changes, and the trace.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { demoNumber, readConfig } from "../src/config.ts";
import { startSimulator } from "../src/server.ts";
import { ana, type Desk, openDesk, until } from "./desk.ts";

let desk: Desk;
beforeEach(async () => {
  desk = await openDesk();
});
afterEach(() => desk.close());

describe("the page", () => {
  it("serves its own files and the modules of the import map, and nothing else", async () => {
    const html = await (await fetch(desk.url)).text();
    const map: { imports: Record<string, string> } = JSON.parse(
      /<script type="importmap">(.+?)<\/script>/s.exec(html)?.[1] ?? "{}",
    );
    const files = ["/page/app.ts", "/page/store.ts", "/page/theme.css", ...Object.values(map.imports)];
    expect(files.length).toBeGreaterThan(8);
    for (const file of files) expect((await fetch(desk.url + file)).status, file).toBe(200);
    for (const file of ["/page/../main.ts", "/page/none.ts", "/modules/zod.js", "/modules/../package.json"])
      expect((await fetch(desk.url + file)).status, file).not.toBe(200);
    const code = await (await fetch(`${desk.url}/page/store.ts`)).text();
    expect(code).not.toContain("import type");
  });

  it("is told about changes, and reads what arrives only while the chat is open", async () => {
    const page = await openPage(desk.url);
    await desk.api("POST", "/phones", { phone: "15550100055", name: "Cleo", auto_read: false });
    await desk.api("POST", "/page/open", { client: page.client, customer: ana });
    await desk.api("POST", "/phones/15550100055/messages", { type: "text", text: "hi" });
    await desk.api("POST", `/phones/${ana}/messages`, { type: "text", text: "hi" });
    await desk.send({ to: ana, text: { body: "one" } });
    await desk.send({ to: "15550100055", text: { body: "two" } });
    const ofStatus = (status: string) => desk.door.statuses.filter((item) => item.status === status);
    await until(() => ofStatus("delivered").length === 2 && ofStatus("read").length === 1);
    await until(() => page.text().includes('"unread":1'));
    await desk.api("POST", "/page/open", { client: page.client, customer: "15550100055" });
    await until(() => ofStatus("read").length === 2);
    expect(page.text()).toContain('"kind":"trace"');
    page.close();
  });

  it("refuses to be driven by other web pages", async () => {
    const answer = await fetch(`${desk.url}/reset`, { method: "POST", headers: { "sec-fetch-site": "cross-site" } });
    expect(answer.status).toBe(403);
  });
});

describe("the trace", () => {
  it("joins what the phone saw with what the system tells", async () => {
    const system = createServer((request, response) => {
      const known = request.headers.apikey === "sb_secret_x" && request.url === "/rest/v1/rpc/message_trace";
      response.end(JSON.stringify(known ? [{ at: new Date().toISOString(), step: "ingested", detail: null }] : []));
    });
    await new Promise<void>((resolve) => system.listen(0, "127.0.0.1", resolve));
    // SAFETY: a listening TCP server has an AddressInfo.
    const supabaseUrl = `http://127.0.0.1:${(system.address() as AddressInfo).port}`;
    const traced = await startSimulator({
      port: 0,
      webhookUrl: `${desk.url}/none`,
      appSecret: "s",
      verifyToken: "v",
      accessToken: "t",
      numbers: [demoNumber],
      trace: { supabaseUrl, secretKey: "sb_secret_x" },
    });
    await fetch(`${traced.url}/phones/${ana}/messages`, {
      method: "POST",
      body: JSON.stringify({ type: "text", text: "hi" }),
    });
    const answer = await fetch(`${traced.url}/phones/${ana}/trace`);
    const { steps } = z
      .object({ steps: z.array(z.object({ step: z.string(), source: z.string() })) })
      .parse(await answer.json());
    expect(steps.map((step) => `${step.source} ${step.step}`)).toEqual(
      expect.arrayContaining(["phone tapped", "phone webhook_posted", "system ingested"]),
    );
    await traced.stop();
    await new Promise((resolve) => system.close(resolve));
  });
});

describe("settings", () => {
  it("are read from the environment; the trace is optional", () => {
    const env = {
      SIMULATOR_WEBHOOK_URL: "http://127.0.0.1:1/x",
      WHATSAPP_APP_SECRETS: "first,second",
      WHATSAPP_VERIFY_TOKEN: "v",
    };
    expect(readConfig(env)).toMatchObject({ port: 4010, appSecret: "first", accessToken: "local-access-token" });
    expect(readConfig(env)).not.toHaveProperty("trace");
    expect(
      readConfig({ ...env, SUPABASE_URL: "http://127.0.0.1:2/", SUPABASE_SECRET_KEYS: '{"default":"k"}' }).trace,
    ).toEqual({ supabaseUrl: "http://127.0.0.1:2", secretKey: "k" });
    expect(() => readConfig({})).toThrow("SIMULATOR_WEBHOOK_URL");
  });
});

async function openPage(url: string) {
  const abort = new AbortController();
  const response = await fetch(`${url}/events`, { signal: abort.signal });
  let text = "";
  void (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true });
  })().catch(() => undefined); // ends when the test closes it
  await until(() => text.includes("hello"));
  const client = /"client":"([^"]+)"/.exec(text)?.[1] ?? "";
  return { client, text: () => text, close: () => abort.abort() };
}
