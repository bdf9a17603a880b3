import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStage, type Stage, textOf } from "./support/stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(async () => {
  expect(stage.world.problems).toEqual([]);
  await stage.close();
});

test("linking and chatting need no more than HTTP", async () => {
  expect(await stage.api("POST", "/phones", { pn: "+1 555 777 0001", name: "Shop" })).toMatchObject({
    status: 201,
    json: { pn: "15557770001", lid: "915557770001", devices: [] },
  });
  const client = stage.client();
  const linked = await stage.api("POST", "/phones/15557770001/scan", { qr: await client.qr() });
  expect(linked).toMatchObject({ status: 201, json: { device: 1, jid: "15557770001:1@s.whatsapp.net" } });
  await client.closed();
  const again = await stage.client(client.auth).opened();

  const sent = await stage.api("POST", "/phones/15551112222/messages", [
    { to: "15557770001", text: "one" },
    { to: "15557770001", text: "two", id: "MINE" },
  ]);
  expect(sent).toMatchObject({ status: 201, json: [{}, { id: "MINE" }] });
  const got = await again.message("MINE");
  expect(textOf(got.message)).toBe("two");
  const answer = await again.sock.sendMessage(got.key.remoteJid ?? "", { text: "three" });
  await again.status(answer?.key.id ?? "", 3);
  const { json } = await stage.api("GET", "/phones/15551112222/messages?chat=15557770001");
  expect((json as { text: string; direction: string }[]).map(({ text, direction }) => [text, direction])).toEqual([
    ["one", "out"],
    ["two", "out"],
    ["three", "in"],
  ]);
});

test.each([
  ["POST", "/phones", { pn: "x" }, 400, "pn: must be a phone number"],
  ["GET", "/phones/15559999999", undefined, 404, "No phone has this number"],
  ["POST", "/phones/15551112222/messages", { to: "15553334444" }, 400, "exactly one of"],
  ["POST", "/phones/15551112222/messages", { to: "1@g.us", text: "x" }, 404, "no group"],
  ["POST", "/phones/15551112222/scan", { qr: "nonsense" }, 400, "no QR code"],
  ["POST", "/phones/15551112222/enter-code", { code: "AAAABBBB" }, 404, "No client shows a code"],
  ["POST", "/phones/15551112222/devices/7/end", { how: "kill" }, 404, "no such linked device"],
  ["POST", "/faults", { nonsense: true }, 400, "nonsense"],
  ["GET", "/nothing", undefined, 404, "nothing at this address"],
] as const)("%s %s with %o is refused with %i", async (method, where, body, status, message) => {
  const answer = await stage.api(method, where, body);
  expect(answer.status).toBe(status);
  expect((answer.json as { error: string }).error).toContain(message);
});

test("faults are shown, changed one by one, and all calmed", async () => {
  await stage.api("POST", "/faults", { latency_ms: 1, ack_errors: [{ code: 479 }] });
  expect((await stage.api("POST", "/faults", { qr_codes: 2 })).json).toMatchObject({
    latency_ms: 1,
    qr_codes: 2,
    ack_errors: [{ code: 479 }],
  });
  expect((await stage.api("DELETE", "/faults")).json).toMatchObject({ latency_ms: 0, qr_codes: 6, ack_errors: [] });
});

test("groups are made and changed", async () => {
  const made = await stage.api("POST", "/groups", { subject: "A", creator: "15551112222", members: ["15553334444"] });
  const { jid } = made.json as { jid: string };
  const members = { by: "15551112222", action: "promote", members: ["15553334444"] };
  await stage.api("POST", `/groups/${jid}/members`, members);
  expect((await stage.api("POST", `/groups/${jid}/subject`, { by: "15551112222", subject: "B" })).json).toMatchObject({
    subject: "B",
    members: [
      { pn: "15553334444", role: "admin" },
      { pn: "15551112222", role: "superadmin" },
    ],
  });
});

test("a reset forgets everything", async () => {
  await stage.api("POST", "/reset");
  expect((await stage.api("GET", "/phones")).json).toEqual([]);
  expect((await stage.api("GET", "/record")).json).toMatchObject({ accepted: [], problems: [] });
});

test("it runs as a process of its own, and stops when told", async () => {
  const program = path.resolve(import.meta.dirname, "../src/main.ts");
  const port = await freePort();
  const folder = await mkdtemp(path.join(tmpdir(), "simulator-web-"));
  const certificateFile = path.join(folder, "certificate.pem");
  const child = spawn(process.execPath, [program], {
    env: {
      ...process.env,
      WEB_SIMULATOR_PORT: String(port),
      WEB_SIMULATOR_CERTIFICATE_FILE: certificateFile,
      LOG_LEVEL: "info",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(child.stdout, "data");
  expect(String(line)).toContain(`ws://127.0.0.1:${port}/ws/chat`);
  const trust = (await (await fetch(`http://127.0.0.1:${port}/trust`)).json()) as { certificate: string };
  expect(trust.certificate).toContain("BEGIN CERTIFICATE");
  expect(await readFile(certificateFile, "utf8")).toBe(trust.certificate);
  await rm(folder, { recursive: true });
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}
