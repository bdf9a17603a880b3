// One socket's life: from connecting to closed. It reports what happens and decides nothing.
import type { JsonObject } from "@switchboard/commons/json.ts";
import type { Logger } from "@switchboard/commons/log.ts";
import type { AuthStore } from "./auth-store.ts";
import { type BinaryNode, Browsers, makeWASocket, proto, type SocketConfig, type WASocket } from "./baileys.ts";
import type { Ending } from "./disconnects.ts";
import { durableRepository, trackStanzas } from "./durable-repository.ts";
import { libraryLog } from "./library-log.ts";

/** Between two signs of life that a socket asks for. */
const KEEP_ALIVE_MS = 25_000;
/** Without a frame for so long the line is dead; the library alone would take half a minute more to see it. */
const SILENCE_MS = KEEP_ALIVE_MS + 10_000;
/** A socket that was told to close gets so long to say goodbye. */
const CLOSING_MS = 1_000;

/** What a socket needs besides its keys. */
export interface ConnectionOptions {
  readonly store: AuthStore;
  readonly url: string;
  readonly version: SocketConfig["version"] | undefined;
  readonly log: Logger;
  /** Kept across the sockets of one session. */
  readonly caches: Pick<SocketConfig, "msgRetryCounterCache" | "userDevicesCache">;
  readonly getMessage: SocketConfig["getMessage"];
  /** How long each QR code is shown, in ms; WhatsApp Web's own times when it is left out. */
  readonly qrMs?: number | undefined;
}

/** What happens to a socket. */
export interface ConnectionEvents {
  /** A QR code to show, for so many seconds; a pairing code may be asked for from the first one on. */
  readonly onQr: (qr: string, seconds: number) => void;
  /** A phone has linked this device; WhatsApp now asks for a new connection. */
  readonly onLinked: () => void;
  readonly onOpen: () => void;
}

/** A socket. */
export interface Connection {
  readonly socket: WASocket;
  /** Resolves when it is closed, on both sides as far as that can be known, and nothing is on its way to Postgres. */
  readonly closed: Promise<Ending>;
  /** Says goodbye and closes. */
  end(): void;
  /** Cuts the line at once: it is not ours any more. */
  cut(): void;
}

/** Connects. */
export function connect(options: ConnectionOptions, events: ConnectionEvents): Connection {
  const { store, qrMs } = options;
  const stanzas = trackStanzas();
  const socket = makeWASocket({
    auth: store.auth,
    waWebSocketUrl: options.url,
    ...(options.version === undefined ? {} : { version: options.version }),
    ...(qrMs === undefined ? {} : { qrTimeout: qrMs }),
    logger: libraryLog(options.log),
    // One for ever: a device that calls itself something else is another one.
    browser: Browsers.macOS("Chrome"),
    makeSignalRepository: durableRepository(stanzas.stanzaOf),
    emitOwnEvents: false,
    markOnlineOnConnect: false,
    syncFullHistory: false,
    // All but the full history: the first parts carry the addresses and tokens without which writing to people fails.
    shouldSyncHistoryMessage: ({ syncType }) => syncType !== FULL_HISTORY,
    defaultQueryTimeoutMs: 20_000,
    connectTimeoutMs: 20_000,
    keepAliveIntervalMs: KEEP_ALIVE_MS,
    transactionOpts: { maxCommitRetries: 1, delayBetweenTriesMs: 0 },
    getMessage: options.getMessage,
    ...options.caches,
  });
  socket.ws.on("frame", stanzas.note);

  const line = watchLine(socket);
  const closed = Promise.withResolvers<Ending>();
  let qrs = 0;
  socket.ev.on("creds.update", (update) => store.saveCreds(update));
  socket.ev.on("connection.update", ({ qr, isNewLogin, connection, lastDisconnect }) => {
    if (qr !== undefined) {
      events.onQr(qr, qrMs === undefined ? (qrs === 0 ? 60 : 20) : qrMs / 1000);
      qrs += 1;
    }
    if (isNewLogin === true) events.onLinked();
    if (connection === "open") events.onOpen();
    if (connection !== "close") return;
    // What it held back for the end of the catch-up was received, and is handed on now.
    socket.ev.flush();
    line.stop();
    store.idle().then(() => closed.resolve(endingOf(lastDisconnect?.error)));
  });
  return {
    socket,
    closed: closed.promise,
    end() {
      void socket.end(undefined);
      setTimeout(line.cut, CLOSING_MS).unref();
    },
    cut() {
      line.cut();
      void socket.end(undefined);
    },
  };
}

const { FULL: FULL_HISTORY } = proto.HistorySync.HistorySyncType;

/** Cuts a line on which nothing comes any more. */
function watchLine(socket: WASocket): { readonly cut: () => void; readonly stop: () => void } {
  // SAFETY: protected in the types only; terminate() of `ws` is the one way to end a line without the other side.
  const cut = () => (socket.ws as unknown as { socket: { terminate(): void } | null }).socket?.terminate();
  let heardAt = performance.now();
  socket.ws.on("frame", (_: BinaryNode) => {
    heardAt = performance.now();
  });
  const timer = setInterval(() => {
    if (performance.now() - heardAt > SILENCE_MS) cut();
  }, 5_000);
  return { cut, stop: () => clearInterval(timer) };
}

/** What an error of the library says about the end. */
function endingOf(error: unknown): Ending {
  if (!(error instanceof Error) || !("output" in error)) return { code: undefined };
  // SAFETY: an error with `output` is a Boom (https://hapi.dev/module/boom), whose status code is a number.
  const { output, data } = error as { output: { statusCode: number }; data?: JsonObject | null };
  const expire = Number(data?.expire);
  return { code: output.statusCode, ...(expire > 0 ? { banSeconds: expire } : {}) };
}
