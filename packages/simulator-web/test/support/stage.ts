// What the tests share: a server with a few people, and clients that are linked to them.
import tls from "node:tls";
import type { proto, UserFacingSocketConfig } from "@whiskeysockets/baileys";
import { scanQr } from "../../src/linking/qr.ts";
import { writeToPerson } from "../../src/messages/write.ts";
import type { LinkedDevice } from "../../src/phones/device.ts";
import type { Phone } from "../../src/phones/phone.ts";
import { startWebSimulator, type WebSimulator } from "../../src/server.ts";
import { type Auth, Client, newAuth } from "./client.ts";

/** A server, the business's phone, two customers. */
export type Stage = {
  readonly simulator: WebSimulator;
  readonly world: WebSimulator["world"];
  readonly owner: Phone;
  readonly ana: Phone;
  readonly bob: Phone;
  /** A client with these keys (by default new ones). */
  readonly client: (auth?: Auth, config?: Partial<UserFacingSocketConfig>) => Client;
  /** A client that is linked to a phone (by default the owner's) and logged in. */
  readonly linked: (phone?: Phone, config?: Partial<UserFacingSocketConfig>) => Promise<Linked>;
  /** Calls the test API. */
  readonly api: (method: string, path: string, body?: unknown) => Promise<{ status: number; json: never }>;
  readonly close: () => Promise<void>;
};

/** A linked client. `again` logs in anew with the same keys. */
export type Linked = {
  readonly client: Client;
  readonly auth: Auth;
  readonly device: LinkedDevice;
  readonly again: (config?: Partial<UserFacingSocketConfig>) => Promise<Client>;
};

/** Opens a stage on a free port. The process trusts the server's certificate from then on. */
export async function openStage(): Promise<Stage> {
  const simulator = await startWebSimulator({ port: 0 });
  const { world } = simulator;
  tls.setDefaultCACertificates([...tls.getCACertificates("default"), simulator.certificate]);
  const clients: Client[] = [];
  const client: Stage["client"] = (auth = newAuth(), config) => {
    const made = new Client(simulator.socketUrl, auth, config);
    clients.push(made);
    return made;
  };
  const owner = world.addPhone({ pn: "15550000001", name: "Luna Bistro" });
  const linked: Stage["linked"] = async (phone = owner, config) => {
    const auth = newAuth();
    const first = client(auth, config);
    const [device] = await Promise.all([scanQr(world, phone, await first.qr()), first.closed()]);
    const again = (changed = config) => client(auth, changed).opened();
    return { client: await again(), auth, device, again };
  };
  const api: Stage["api"] = async (method, path, body) => {
    const response = await fetch(simulator.url + path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    // SAFETY: `never` lets each test read the answer in the form that it expects; a wrong one fails the test.
    return { status: response.status, json: (await response.json()) as never };
  };
  return {
    simulator,
    world,
    owner,
    ana: world.addPhone({ pn: "15551112222", name: "Ana" }),
    bob: world.addPhone({ pn: "15553334444", name: "Bob" }),
    client,
    linked,
    api,
    close: async () => {
      for (const { sock } of clients) sock.end(undefined);
      await simulator.stop();
    },
  };
}

/** A person writes a text. */
export function write(stage: Stage, from: Phone, to: Phone, text: string, mode: "lid" | "pn" = "lid"): Promise<string> {
  return writeToPerson(stage.world, from, to, { content: { conversation: text }, mode });
}

/** Waits until something is true of the server. */
export async function until(check: () => boolean): Promise<void> {
  const end = Date.now() + 20_000;
  while (!check()) {
    if (Date.now() > end) throw new Error(`Still not true after 20 s: ${check}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The text of a message, whichever field it stands in. */
export function textOf(message: proto.IMessage | null | undefined): string | null | undefined {
  return message?.conversation ?? message?.extendedTextMessage?.text;
}
