// A real Baileys client over a real socket, with its keys in memory, and what the tests want to know of it.
import "../../src/signal/libsignal-guard.ts";
import {
  type AuthenticationCreds,
  type BaileysEventMap,
  BufferJSON,
  initAuthCreds,
  makeWASocket,
  proto,
  type SignalDataTypeMap,
  type SignalKeyStore,
  type UserFacingSocketConfig,
  type WASocket,
} from "@whiskeysockets/baileys";
import { silentLogger } from "../../src/signal/silent.ts";

/** The state of one linked device: survives its sockets. */
export type Auth = { readonly creds: AuthenticationCreds; readonly keys: SignalKeyStore };

/** A new device that nobody has linked. Keys pass through JSON, as in any store. */
export function newAuth(): Auth {
  const rows = new Map<string, string>();
  return { creds: initAuthCreds(), keys: keyStore(rows) };
}

function keyStore(rows: Map<string, string>): SignalKeyStore {
  return {
    get: async <T extends keyof SignalDataTypeMap>(type: T, ids: string[]) => {
      const found: Record<string, SignalDataTypeMap[T]> = {};
      for (const id of ids) {
        const row = rows.get(`${type}|${id}`);
        if (row === undefined) continue;
        const value = JSON.parse(row, BufferJSON.reviver);
        found[id] = type === "app-state-sync-key" ? proto.Message.AppStateSyncKeyData.fromObject(value) : value;
      }
      return found;
    },
    set: async (data) => {
      for (const [type, values] of Object.entries(data))
        for (const [id, value] of Object.entries(values ?? {}))
          if (value === null) rows.delete(`${type}|${id}`);
          else rows.set(`${type}|${id}`, JSON.stringify(value, BufferJSON.replacer));
    },
  };
}

type EventName = keyof BaileysEventMap;
type Seen = { readonly [E in EventName]: { readonly name: E; readonly data: BaileysEventMap[E] } }[EventName];
const PATIENCE_MS = 20_000;

/** One socket of a device. */
export class Client {
  readonly sock: WASocket;
  readonly auth: Auth;
  readonly seen: Seen[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(url: string, auth: Auth, config: Partial<UserFacingSocketConfig> = {}) {
    this.auth = auth;
    this.sock = makeWASocket({
      auth,
      waWebSocketUrl: url,
      logger: silentLogger,
      emitOwnEvents: false,
      markOnlineOnConnect: false,
      shouldSyncHistoryMessage: () => false,
      getMessage: async () => undefined,
      ...config,
    });
    this.sock.ev.on("creds.update", (update) => Object.assign(auth.creds, update));
    // A client confirms messages before it hands them out; without this, a cut in between would lose them.
    this.sock.ev.on("connection.update", ({ connection }) => connection === "close" && this.sock.ev.flush());
    const { emit } = this;
    for (const name of EVENTS) this.sock.ev.on(name, (data) => emit({ name, data } as Seen));
  }

  readonly emit = (seen: Seen): void => {
    this.seen.push(seen);
    for (const look of this.#waiting) look();
  };

  /** All events of a kind so far. */
  all<E extends EventName>(name: E): BaileysEventMap[E][] {
    // SAFETY: `emit` pairs names with their data.
    return this.seen.filter((seen) => seen.name === name).map((seen) => seen.data as BaileysEventMap[E]);
  }

  /** The first event of a kind that fits, now or later. */
  async event<E extends EventName>(name: E, fits: (data: BaileysEventMap[E]) => boolean = () => true) {
    let found: BaileysEventMap[E] | undefined;
    await this.#until(
      () => {
        found = this.all(name).find(fits);
        return found !== undefined;
      },
      () => `no such ${name}; saw ${[...new Set(this.seen.map((seen) => seen.name))].join(", ")}`,
    );
    // SAFETY: the wait ended because it was found.
    return found as BaileysEventMap[E];
  }

  #until(check: () => boolean, complaint: () => string): Promise<void> {
    if (check()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const stop = (end: () => void) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        end();
      };
      const look = () => check() && stop(resolve);
      const timer = setTimeout(() => stop(() => reject(new Error(complaint()))), PATIENCE_MS);
      this.#waiting.add(look);
    });
  }

  async qr(): Promise<string> {
    return (await this.event("connection.update", ({ qr }) => qr !== undefined)).qr ?? "";
  }

  async opened(): Promise<this> {
    await this.event("connection.update", ({ connection }) => connection === "open");
    return this;
  }

  /** Waits for the end of the socket; gives the code. */
  async closed(): Promise<number | undefined> {
    const { lastDisconnect } = await this.event("connection.update", ({ connection }) => connection === "close");
    const error = lastDisconnect?.error;
    return error !== undefined && "output" in error
      ? (error as { output: { statusCode: number } }).output.statusCode
      : undefined;
  }

  /** The message with this id, when it comes. */
  async message(id: string) {
    const { messages, type } = await this.event("messages.upsert", (upsert) =>
      upsert.messages.some(({ key }) => key.id === id),
    );
    const found = messages.find(({ key }) => key.id === id);
    if (found === undefined) throw new Error("unreachable");
    return { ...found, upsertType: type };
  }

  /** The message with this id once it could be decrypted. */
  async readable(id: string) {
    const has = ({ key, message }: proto.IWebMessageInfo) => key?.id === id && message != null;
    return (await this.event("messages.upsert", ({ messages }) => messages.some(has))).messages.find(has);
  }

  /** Waits until a message that it sent has this status: 0 error, 3 delivered, 4 read. */
  async status(id: string, status: number) {
    const updates = await this.event("messages.update", (all) =>
      all.some(({ key, update }) => key.id === id && update.status === status),
    );
    return updates.find(({ key, update }) => key.id === id && update.status === status);
  }
}

const EVENTS = [
  "connection.update",
  "messages.upsert",
  "messages.update",
  "messages.reaction",
  "message-receipt.update",
  "messaging-history.set",
  "group-participants.update",
  "groups.upsert",
  "groups.update",
  "presence.update",
  "chats.update",
  "contacts.update",
  "blocklist.update",
] as const satisfies readonly EventName[];
