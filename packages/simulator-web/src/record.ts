// The witness: what the server saw, in the order in which it saw it. Tests prove with it that a number never had two
// sockets at once, that nothing was sent twice, and that people could read what they got.

/** One socket of a client. Times are Unix times in ms. */
export type SocketEntry = {
  readonly socket: number;
  readonly openedAt: number;
  /** Digits of the account; undefined until it has logged in. */
  phone?: string;
  device?: number;
  loggedInAt?: number;
  endedAt?: number;
  /** Why it ended: "closed by the client", "killed", or the code that the server sent. */
  end?: string;
  /** The server stopped reading it, so that its client may have given it up unnoticed. */
  halfOpen?: true;
};

/** A login of a device whose earlier socket was still logged in. */
export type Overlap = {
  readonly phone: string;
  readonly device: number;
  readonly older: number;
  readonly newer: number;
  readonly at: number;
  /** The older socket was half open: its client may not have held it any more. */
  readonly halfOpen: boolean;
};

/** A message that a linked device has handed to the server. */
export type AcceptedEntry = {
  readonly order: number;
  readonly id: string;
  readonly phone: string;
  readonly device: number;
  readonly socket: number;
  /** Address as the client wrote it. */
  readonly to: string;
  readonly at: number;
  /** The code with which the server refused it. */
  readonly refused?: number;
  /** Somebody had asked for it again. */
  readonly retry: boolean;
};

/** What a person's phone made of a message. */
export type DeliveryEntry = {
  readonly order: number;
  readonly id: string;
  /** Address of the device that encrypted it. */
  readonly from: string;
  /** Digits of the phone that got it. */
  readonly phone: string;
  readonly at: number;
  readonly type?: string;
  readonly text?: string;
  /** It could not be decrypted. */
  readonly error?: string;
};

/** A receipt of a linked device. */
export type ReceiptEntry = {
  readonly order: number;
  readonly phone: string;
  readonly device: number;
  readonly to: string;
  /** "delivered" when the stanza names none. */
  readonly type: string;
  readonly ids: readonly string[];
  readonly at: number;
};

/** An id that one device sent more than once without being asked. */
export type Duplicate = { readonly phone: string; readonly id: string; readonly to: string; readonly times: number };

/** Everything that was witnessed since the start or the last `clear`. */
export class WitnessRecord {
  sockets: SocketEntry[] = [];
  overlaps: Overlap[] = [];
  accepted: AcceptedEntry[] = [];
  deliveries: DeliveryEntry[] = [];
  receipts: ReceiptEntry[] = [];
  readonly #retriesAsked = new Set<string>();
  #order = 0;
  #socket = 0;

  openSocket(at: number): SocketEntry {
    const entry: SocketEntry = { socket: ++this.#socket, openedAt: at };
    this.sockets.push(entry);
    return entry;
  }

  login(entry: SocketEntry, who: { readonly phone: string; readonly device: number; readonly at: number }): void {
    for (const older of this.sockets) {
      const live = older.loggedInAt !== undefined && older.endedAt === undefined;
      if (!live || older.phone !== who.phone || older.device !== who.device) continue;
      this.overlaps.push({ ...who, older: older.socket, newer: entry.socket, halfOpen: older.halfOpen === true });
    }
    entry.phone = who.phone;
    entry.device = who.device;
    entry.loggedInAt = who.at;
  }

  endSocket(entry: SocketEntry, at: number, end: string): void {
    entry.endedAt ??= at;
    entry.end ??= end;
  }

  accept(entry: Omit<AcceptedEntry, "order" | "retry">): void {
    const retry = this.#retriesAsked.delete(`${entry.phone}|${entry.id}`);
    this.accepted.push({ order: ++this.#order, retry, ...entry });
  }

  deliver(entry: Omit<DeliveryEntry, "order">): void {
    this.deliveries.push({ order: ++this.#order, ...entry });
  }

  receive(entry: Omit<ReceiptEntry, "order">): void {
    this.receipts.push({ order: ++this.#order, ...entry });
  }

  /** Somebody asks the sender for a message again, so that the next copy is no duplicate. */
  askRetry(phone: string, id: string): void {
    this.#retriesAsked.add(`${phone}|${id}`);
  }

  /** Ids that were sent more than once although nobody had asked and nothing was refused. */
  get duplicates(): Duplicate[] {
    const unasked = this.accepted.filter((entry) => !entry.retry && entry.refused === undefined);
    return [...Map.groupBy(unasked, ({ phone, id }) => `${phone}|${id}`).values()].flatMap((entries) => {
      const [first] = entries;
      if (first === undefined || entries.length < 2) return [];
      return [{ phone: first.phone, id: first.id, to: first.to, times: entries.length }];
    });
  }

  /** Forgets everything but the sockets that are still open. */
  clear(): void {
    this.sockets = this.sockets.filter((entry) => entry.endedAt === undefined);
    this.overlaps = [];
    this.accepted = [];
    this.deliveries = [];
    this.receipts = [];
    this.#retriesAsked.clear();
  }
}
