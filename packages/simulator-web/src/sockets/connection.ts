// One client's socket: handshake, then stanzas in both directions, and all the ways in which it can end.
import type { WebSocket } from "ws";
import type { LinkedDevice, Registration } from "../phones/device.ts";
import type { SocketEntry } from "../record.ts";
import { FrameReader, frame } from "../wire/frames.ts";
import { type Node, node } from "../wire/nodes.ts";
import { type ClientFinish, NoiseServer } from "../wire/noise.ts";
import type { World } from "../world.ts";

/** What happens with what a client sends. */
export type Handlers = {
  readonly login: (connection: Connection, client: ClientFinish) => void;
  readonly stanza: (connection: Connection, stanza: Node) => Promise<void>;
};

/** A client that wants to be linked: what its QR code says. */
export type Candidate = { readonly registration: Registration; readonly refs: ReadonlyMap<string, number> };

/** A linking on its way: what the client must sign. */
export type Pairing = {
  readonly queryId: string;
  readonly device: LinkedDevice;
  readonly details: Uint8Array;
  readonly resolve: (device: LinkedDevice) => void;
  readonly reject: (error: Error) => void;
};

/** One socket. */
export class Connection {
  readonly entry: SocketEntry;
  /** Its static Noise key, known after the handshake. */
  noiseKey: Buffer = Buffer.alloc(0);
  /** Set while it waits to be linked. */
  candidate: Candidate | undefined;
  /** Set when it has logged in. */
  device: LinkedDevice | undefined;
  /** Whether stanzas for its device go out at once: after "success". */
  ready = false;
  /** What a fault holds back at its login. */
  held: "success" | "offline" | undefined;
  /** The phone that links it waits for its answer to this query. */
  pairing: Pairing | undefined;
  readonly #closing = Promise.withResolvers<void>();
  readonly #world: World;
  readonly #socket: WebSocket;
  readonly #noise: NoiseServer;
  readonly #frames = new FrameReader();
  readonly #handlers: Handlers;
  #step: "hello" | "finish" | "open" = "hello";
  #turn: Promise<void> = Promise.resolve();

  constructor(world: World, socket: WebSocket, handlers: Handlers) {
    this.#world = world;
    this.#socket = socket;
    this.#handlers = handlers;
    this.#noise = new NoiseServer(world.noise);
    this.entry = world.record.openSocket(Date.now());
    world.connections.add(this);
    socket.on("message", (data) =>
      this.#receive(Buffer.isBuffer(data) ? data : Buffer.concat([data].flat().map(bufferOf))),
    );
    socket.on("close", () => this.#closed());
    socket.on("error", () => socket.terminate());
  }

  /** Resolves when the socket is closed, whoever closed it. */
  get closed(): Promise<void> {
    return this.#closing.promise;
  }

  /** Whether the server still counts on it. */
  get live(): boolean {
    return this.entry.endedAt === undefined;
  }

  /** Sends a stanza, later when the world is slow; equal delays keep the order. */
  send(stanza: Node): void {
    this.#later(() => {
      if (this.#step !== "open" || this.#socket.readyState !== this.#socket.OPEN || this.entry.halfOpen) return;
      this.#socket.send(frame(this.#noise.seal(stanza)));
    });
  }

  /**
   * Ends it with a stream error.
   * @param code - 515, 503 ...; 401 and 440 take the forms that the client expects
   */
  end(code: number): void {
    this.send(streamError(code));
    this.#close(String(code));
  }

  /** Refuses a login: 401, 403, 405 ... */
  refuse(code: number): void {
    this.send(node("failure", { reason: String(code), location: "frc" }));
    this.#close(`refused ${code}`);
  }

  /** Cuts the line without a word. */
  kill(): void {
    this.#world.record.endSocket(this.entry, Date.now(), "killed");
    this.#socket.terminate();
  }

  /** From now on nothing comes in or goes out, and the client is not told. */
  goSilent(): void {
    this.entry.halfOpen = true;
    this.#socket.pause();
  }

  #receive(bytes: Buffer): void {
    this.#turn = this.#turn.then(async () => {
      try {
        for (const each of this.#frames.push(bytes)) await this.#frame(each);
      } catch (error) {
        this.#world.problems.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
        this.kill();
      }
    });
  }

  async #frame(payload: Buffer): Promise<void> {
    if (this.entry.halfOpen || !this.live) return;
    if (this.#step === "hello") {
      this.#socket.send(frame(this.#noise.hello(payload)));
      this.#step = "finish";
    } else if (this.#step === "finish") {
      const client = this.#noise.finish(payload);
      this.noiseKey = client.noiseKey;
      this.#step = "open";
      this.#handlers.login(this, client);
    } else await this.#handlers.stanza(this, await this.#noise.open(payload));
  }

  #close(end: string): void {
    this.#world.record.endSocket(this.entry, Date.now(), end);
    this.ready = false;
    if (!this.entry.halfOpen) this.#later(() => this.#socket.close());
  }

  #closed(): void {
    this.#world.record.endSocket(this.entry, Date.now(), "closed by the client");
    this.ready = false;
    this.#world.connections.delete(this);
    if (this.device?.connection === this) this.device.connection = undefined;
    this.#closing.resolve();
  }

  #later(action: () => void): void {
    const { latencyMs } = this.#world.faults;
    if (latencyMs === 0) action();
    else setTimeout(action, latencyMs);
  }
}

/** A device that was removed is told the code; one that was replaced by a newer login is not. */
function streamError(code: number): Node {
  if (code === 440) return node("stream:error", {}, [node("conflict", { type: "replaced" })]);
  const reason = code === 401 ? [node("conflict", { type: "device_removed" })] : undefined;
  return node("stream:error", { code: String(code) }, reason);
}

function bufferOf(part: Buffer | ArrayBuffer): Buffer {
  return Buffer.isBuffer(part) ? part : Buffer.from(part);
}
