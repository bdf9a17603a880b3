// Changes for the pages that are open: who listens, which chats they show, and what is told to them in small bundles.
import type { ChaosSettings } from "./chaos.ts";
import type { CustomerView, MessageView, NumberView, TraceView } from "./types.ts";

/** One change. `resync` means: too much happened, ask for everything again. */
export type PageEvent =
  | { readonly kind: "customer"; readonly customer: CustomerView }
  | { readonly kind: "message"; readonly customer: string; readonly message: MessageView }
  | { readonly kind: "typing"; readonly customer: string; readonly until: string | null }
  | { readonly kind: "cleared"; readonly customer: string; readonly removed: boolean }
  | { readonly kind: "numbers"; readonly numbers: readonly NumberView[] }
  | { readonly kind: "trace"; readonly trace: TraceView }
  | { readonly kind: "chaos"; readonly chaos: ChaosSettings }
  | { readonly kind: "resync" };

/** One open page. */
export type PageClient = {
  readonly id: string;
  /** The chat that it shows now. */
  open: string | null;
  /** Every chat that it has shown; those phones are in a person's hand and no longer headless. */
  readonly held: Set<string>;
  readonly send: (events: readonly PageEvent[]) => void;
};

const BUNDLE_MS = 16;
const BUNDLE_SIZE = 400;

/** The open pages. */
export class EventHub {
  readonly #clients = new Map<string, PageClient>();
  #pending: PageEvent[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** Whether anybody listens. */
  get listening(): boolean {
    return this.#clients.size > 0;
  }

  /** Takes a page in. */
  join(client: PageClient): void {
    this.#clients.set(client.id, client);
  }

  /** Lets a page go. */
  leave(id: string): void {
    this.#clients.delete(id);
  }

  /** Notes which chat a page shows; false when the page is unknown. */
  open(id: string, customer: string | null): boolean {
    const client = this.#clients.get(id);
    if (client === undefined) return false;
    client.open = customer;
    if (customer !== null) client.held.add(customer);
    return true;
  }

  /** `open`: a page shows this chat. `closed`: a page had it open before. `headless`: no page has to do with it. */
  attention(customer: string): "open" | "closed" | "headless" {
    let held = false;
    for (const client of this.#clients.values()) {
      if (client.open === customer) return "open";
      held ||= client.held.has(customer);
    }
    return held ? "closed" : "headless";
  }

  /** Tells all pages about a change, together with what happens in the same moment. */
  emit(event: PageEvent): void {
    if (!this.listening) return;
    this.#pending.push(event);
    this.#timer ??= setTimeout(() => this.#flush(), BUNDLE_MS);
  }

  /** Stops the pending bundle. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pending = [];
  }

  #flush(): void {
    const events = this.#pending;
    this.stop();
    const bundle: readonly PageEvent[] = events.length > BUNDLE_SIZE ? [{ kind: "resync" }] : events;
    for (const client of this.#clients.values()) client.send(bundle);
  }
}
