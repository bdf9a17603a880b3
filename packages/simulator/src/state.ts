// Everything that the simulator remembers: business numbers, customers, and the messages on their phones. In memory only,
// and bounded: the oldest messages are forgotten first.
import { newBsuid, phoneDigits } from "./ids.ts";
import type { BusinessNumber, Customer, PhoneMessage } from "./types.ts";

/** What a new customer is made of; at least one of `phone` and `bsuid` is needed. */
export type NewCustomer = {
  readonly phone?: string | undefined;
  readonly bsuid?: string | undefined;
  readonly parentBsuid?: string | undefined;
  readonly name?: string | undefined;
  readonly username?: string | undefined;
  readonly autoRead?: boolean | undefined;
};

const MESSAGES_KEPT = 100_000;
const DATA_KEPT = 200_000;

/** Numbers, customers and messages. */
export class State {
  readonly numbers = new Map<string, BusinessNumber>();
  readonly #customers = new Map<string, Customer>();
  readonly #byBsuid = new Map<string, Customer>();
  readonly #messages = new Map<string, PhoneMessage>();
  readonly #threads = new Map<string, PhoneMessage[]>();
  readonly #callbackData = new Set<string>();
  readonly #defaults: readonly BusinessNumber[];

  /** @param numbers - the business numbers that are there from the start; the first is the default */
  constructor(numbers: readonly BusinessNumber[]) {
    this.#defaults = numbers;
    this.reset();
  }

  /** Back to the start: the first numbers, one friendly customer, no messages. */
  reset(): void {
    this.numbers.clear();
    this.#customers.clear();
    this.#byBsuid.clear();
    this.#messages.clear();
    this.#threads.clear();
    this.#callbackData.clear();
    for (const number of this.#defaults) this.numbers.set(number.phoneNumberId, number);
    this.addCustomer({ phone: "15550100042", name: "Ana" });
  }

  /** The number that a customer writes to when nothing else is said. */
  get defaultNumber(): BusinessNumber {
    const number = this.numbers.values().next().value;
    if (number === undefined) throw new Error("The simulator has no business number; add one with POST /numbers.");
    return number;
  }

  /** All customers, the oldest first. */
  get customers(): readonly Customer[] {
    return [...this.#customers.values()];
  }

  /**
   * Finds a customer.
   * @param address - a phone number in any writing, or a BSUID
   */
  customer(address: string): Customer | undefined {
    return this.#byBsuid.get(address) ?? this.#customers.get(address) ?? this.#customers.get(phoneDigits(address));
  }

  /** Adds a customer, or hands back the one who has that phone or BSUID already, with the new name and settings. */
  addCustomer(fresh: NewCustomer): Customer {
    const phone = fresh.phone === undefined ? undefined : phoneDigits(fresh.phone);
    const bsuid = fresh.bsuid ?? newBsuid();
    const key = phone ?? bsuid;
    const known = this.#customers.get(key) ?? this.#byBsuid.get(bsuid);
    if (known !== undefined) return rename(known, fresh);
    const customer: Customer = {
      key,
      bsuid,
      ...(phone === undefined ? {} : { phone }),
      ...(fresh.parentBsuid === undefined ? {} : { parentBsuid: fresh.parentBsuid }),
      name: fresh.name ?? fresh.username ?? `Customer ${key.slice(-4)}`,
      ...(fresh.username === undefined ? {} : { username: fresh.username.replace(/^@/, "") }),
      autoRead: fresh.autoRead ?? true,
      createdAt: Date.now(),
      lastWroteAt: new Map(),
      stopped: new Set(),
      arrivals: 0,
      typingUntil: 0,
    };
    this.#customers.set(key, customer);
    this.#byBsuid.set(bsuid, customer);
    return customer;
  }

  /** Removes a customer with all messages. */
  removeCustomer(customer: Customer): void {
    this.clearThread(customer.key);
    this.#customers.delete(customer.key);
    this.#byBsuid.delete(customer.bsuid);
  }

  /** The messages on a phone, in the order of their arrival there. */
  thread(customer: string): readonly PhoneMessage[] {
    return this.#threads.get(customer) ?? [];
  }

  /** One message by its id. */
  message(id: string): PhoneMessage | undefined {
    return this.#messages.get(id);
  }

  /** How many messages are remembered. */
  get messageCount(): number {
    return this.#messages.size;
  }

  /** Puts a message on its phone, and forgets the oldest of all when there are too many. */
  addMessage(message: PhoneMessage): void {
    this.#messages.set(message.id, message);
    const thread = this.#threads.get(message.customer);
    if (thread === undefined) this.#threads.set(message.customer, [message]);
    else thread.push(message);
    if (this.#messages.size <= MESSAGES_KEPT) return;
    const oldest = this.#messages.values().next().value;
    if (oldest === undefined) return;
    this.#messages.delete(oldest.id);
    this.#threads.get(oldest.customer)?.shift();
  }

  /** Empties a phone. */
  clearThread(customer: string): void {
    for (const { id } of this.thread(customer)) this.#messages.delete(id);
    this.#threads.delete(customer);
  }

  /** Remembers a callback datum of an accepted send; true when it was there before. */
  sawCallbackData(datum: string): boolean {
    if (this.#callbackData.has(datum)) return true;
    this.#callbackData.add(datum);
    const oldest = this.#callbackData.values().next().value;
    if (this.#callbackData.size > DATA_KEPT && oldest !== undefined) this.#callbackData.delete(oldest);
    return false;
  }
}

function rename(customer: Customer, fresh: NewCustomer): Customer {
  if (fresh.name !== undefined) customer.name = fresh.name;
  if (fresh.username !== undefined) customer.username = fresh.username.replace(/^@/, "");
  if (fresh.autoRead !== undefined) customer.autoRead = fresh.autoRead;
  return customer;
}
