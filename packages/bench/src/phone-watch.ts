// Sees what arrives on the phones, through the simulator's stream of changes (GET /events).
import http from "node:http";

/** What we read of an event; there are more kinds and fields. */
interface PageEvent {
  readonly kind: string;
  readonly customer?: string;
  readonly message?: ArrivedMessage;
}

/** A business message on a customer's phone. */
export interface ArrivedMessage {
  readonly direction: "in" | "out";
  /** When it arrived, by the simulator's clock, which is ours: both run on this machine. */
  readonly at: string;
  /** Which arrival it is on this phone, from 1. */
  readonly order?: number;
}

/** Waits for answers. */
export class PhoneWatch {
  readonly #waiting = new Map<string, (message: ArrivedMessage) => void>();
  readonly #seen = new Map<string, number>();
  #request: http.ClientRequest | undefined;

  /** Opens the stream; resolves when it is open. */
  async open(simulatorUrl: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#request = http.get(`${simulatorUrl}/events`, (response) => {
        let rest = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => {
          const blocks = (rest + part).split("\n\n");
          rest = blocks.pop() ?? "";
          for (const block of blocks) this.#take(block);
        });
        response.on("error", () => {}); // close() cuts it
        resolve();
      });
      this.#request.on("error", reject);
    });
  }

  /**
   * The next business message on a phone.
   * @param milliseconds - undefined is given when none has come by then
   */
  next(customer: string, milliseconds: number): Promise<ArrivedMessage | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#settle(customer, resolve, undefined), milliseconds);
      this.#waiting.set(customer, (message) => {
        clearTimeout(timer);
        this.#settle(customer, resolve, message);
      });
    });
  }

  close(): void {
    this.#request?.destroy();
  }

  #settle(
    customer: string,
    resolve: (m: ArrivedMessage | undefined) => void,
    message: ArrivedMessage | undefined,
  ): void {
    this.#waiting.delete(customer);
    resolve(message);
  }

  #take(block: string): void {
    if (!block.includes("event: changes")) return;
    const data = block.split("\n").flatMap((line) => (line.startsWith("data:") ? [line.slice(5)] : []));
    // SAFETY: the simulator writes a list of events, and only fields that may be missing are read.
    for (const { kind, customer, message } of JSON.parse(data.join("\n")) as PageEvent[]) {
      if (kind !== "message" || customer === undefined || message?.direction !== "out") continue;
      const order = message.order ?? 0;
      if (order <= (this.#seen.get(customer) ?? 0)) continue; // a status of one that we have seen
      this.#seen.set(customer, order);
      this.#waiting.get(customer)?.(message);
    }
  }
}
