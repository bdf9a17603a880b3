// Everything that one running server knows.

import { Faults } from "./faults.ts";
import type { Group } from "./groups/group.ts";
import type { CodeRequest } from "./linking/code.ts";
import { MediaStore } from "./media/store.ts";
import { Phone, type PhoneSettings } from "./phones/phone.ts";
import { WitnessRecord } from "./record.ts";
import type { Connection } from "./sockets/connection.ts";
import { createNoiseIdentity, type NoiseIdentity } from "./wire/chain.ts";
import { userOf } from "./wire/nodes.ts";

/** The server's state. Nothing of it is kept when the program ends. */
export class World {
  readonly noise: NoiseIdentity;
  readonly media = new MediaStore();
  readonly record = new WitnessRecord();
  readonly connections = new Set<Connection>();
  readonly groups = new Map<string, Group>();
  /** Requests for a pairing code, the newest last. */
  readonly codeRequests: CodeRequest[] = [];
  /** What clients broke the contract with, and defects of this server: must stay empty. */
  readonly problems: string[] = [];
  faults = new Faults();
  /** Host and port of media, such as `localhost:4011`. */
  mediaHost = "";
  readonly #phones = new Map<string, Phone>();
  #aheadMs = 0;

  constructor() {
    this.noise = createNoiseIdentity(Math.floor(Date.now() / 1000));
  }

  /** The server's time in ms; `advance` moves it, so that codes expire without waiting. */
  now(): number {
    return Date.now() + this.#aheadMs;
  }

  /** The server's time as stanzas carry it: whole seconds. */
  seconds(): string {
    return String(Math.floor(this.now() / 1000));
  }

  advance(seconds: number): void {
    this.#aheadMs += seconds * 1000;
  }

  get phones(): readonly Phone[] {
    return [...new Set(this.#phones.values())];
  }

  /** Adds a phone; one with the same number is given back as it is, with its settings changed. */
  addPhone({ pn, lid, ...settings }: NewPhone): Phone {
    const known = this.#phones.get(pn);
    if (known !== undefined) {
      Object.assign(known.settings, settings);
      return known;
    }
    const phone = new Phone(pn, lid ?? `9${pn}`, { ...DEFAULTS, name: `Person ${pn.slice(-4)}`, ...settings });
    this.#phones.set(phone.pn, phone);
    this.#phones.set(phone.lid, phone);
    return phone;
  }

  /** The phone with these digits: a phone number or a LID. */
  phone(digits: string): Phone | undefined {
    return this.#phones.get(digits);
  }

  /** The phone behind an address, whichever of its devices is meant. */
  phoneOf(jid: string | undefined): Phone | undefined {
    return this.#phones.get(userOf(jid));
  }

  /** Notes when something that nobody waits for goes wrong: a defect of this server. */
  watch(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      this.problems.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    });
  }

  /** Back to the start: all sockets are cut, everything is forgotten, the clock is right again. */
  reset(): void {
    for (const connection of this.connections) connection.kill();
    this.#phones.clear();
    this.groups.clear();
    this.codeRequests.length = 0;
    this.problems.length = 0;
    this.media.clear();
    this.record.clear();
    this.faults = new Faults();
    this.#aheadMs = 0;
  }
}

/** What is needed to add a phone. */
export type NewPhone = { readonly pn: string; readonly lid?: string | undefined } & Partial<PhoneSettings>;

const DEFAULTS: Omit<PhoneSettings, "name"> = {
  autoDeliver: true,
  autoRead: false,
  answersRetries: true,
  asksRetries: true,
  sendsHistory: true,
  restricted: false,
};
