// Runs in a worker thread, so that it does not share a thread with the gateway: so many callers in flight, each posting
// the next webhook as soon as its last one is answered.
import { Agent, request } from "node:http";
import { parentPort } from "node:worker_threads";
import type { LoadOrder, LoadReport } from "./load.ts";
import { signedWebhook } from "./webhook.ts";

const TIMEOUT_MS = 20_000;
let made = 0;

parentPort?.on("message", (order: LoadOrder) => {
  void run(order).then((report) => parentPort?.postMessage(report));
});

async function run({ url, inFlight, milliseconds, source, expected }: LoadOrder): Promise<LoadReport> {
  const agent = new Agent({ keepAlive: true, maxSockets: inFlight });
  const latencies: number[] = [];
  let failures = 0;
  let firstFailure = "";
  const cpu = process.threadCpuUsage();
  const began = performance.now();
  const caller = async () => {
    while (performance.now() - began < milliseconds) {
      const webhook = signedWebhook(source, made++);
      const sent = performance.now();
      const { status, body } = await post(url, agent, webhook).catch((error) => ({ status: 0, body: String(error) }));
      latencies.push(performance.now() - sent);
      if (status === 200 && body.includes(expected)) continue;
      failures += 1;
      firstFailure ||= `${status} ${body.slice(0, 200)}`;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  const elapsed = performance.now() - began;
  agent.destroy();
  const { user, system } = process.threadCpuUsage(cpu);
  return { latencies, failures, firstFailure, milliseconds: elapsed, cpuMs: (user + system) / 1000 };
}

function post(
  url: string,
  agent: Agent,
  { body, headers }: ReturnType<typeof signedWebhook>,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const call = request(url, { method: "POST", agent, headers, timeout: TIMEOUT_MS }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        text += part;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text }));
      response.on("error", reject);
    });
    call.on("timeout", () => call.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    call.on("error", reject);
    call.end(body);
  });
}
