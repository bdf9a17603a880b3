// A simulated person's phone: a WhatsApp account with its primary device. Any phone may link devices.
import { SignalParticipant } from "../signal/participant.ts";
import { SERVER } from "../wire/nodes.ts";
import type { ChatMessage, SentMessage } from "./chat.ts";
import type { LinkedDevice } from "./device.ts";

/** Settings of a phone that the test API can change. */
export type PhoneSettings = {
  /** What the others see. */
  name: string;
  /** Confirms that a message has arrived. */
  autoDeliver: boolean;
  /** Reads every message at once. */
  autoRead: boolean;
  /** Sends a message again when a device could not decrypt it. */
  answersRetries: boolean;
  /** Asks for a message again that it could not decrypt itself. */
  asksRetries: boolean;
  /** Sends its history to a device that it has just linked. */
  sendsHistory: boolean;
  /** Whether WhatsApp refuses messages of its linked devices to people who never wrote to it (error 463). */
  restricted: boolean;
};

/** Privacy settings as the server keeps them; names and values are WhatsApp's. */
const PRIVACY = {
  readreceipts: "all",
  profile: "all",
  status: "contacts",
  online: "all",
  last: "all",
  groupadd: "all",
  calladd: "all",
  messages: "all",
} as const;

/** One account. */
export class Phone {
  /** Digits of the phone number. */
  readonly pn: string;
  /** Digits of the LID. */
  readonly lid: string;
  readonly signal = new SignalParticipant();
  readonly devices = new Map<number, LinkedDevice>();
  readonly settings: PhoneSettings;
  readonly privacy = new Map<string, string>(Object.entries(PRIVACY));
  readonly blocked = new Set<Phone>();
  /** What it has sent itself, to answer those who ask again. */
  readonly sent = new Map<string, SentMessage>();
  /** Devices (`group jid|device`) that have this phone's sender key. */
  readonly senderKeyHolders = new Set<string>();
  /** How often it has asked for a message again, by id. */
  readonly retriesAsked = new Map<string, number>();
  /** Who types at the moment: digits of the person -> state. */
  readonly typing = new Map<string, string>();
  /** Whether it shows as online. */
  online = false;
  about = "Hey there! I am using WhatsApp.";
  readonly #messages: ChatMessage[] = [];
  readonly #byId = new Map<string, ChatMessage>();
  readonly #writers = new Set<string>();
  #nextDevice = 1;

  constructor(pn: string, lid: string, settings: PhoneSettings) {
    this.pn = pn;
    this.lid = lid;
    this.settings = settings;
  }

  get pnJid(): string {
    return `${this.pn}${SERVER}`;
  }

  get lidJid(): string {
    return `${this.lid}@lid`;
  }

  /** The address under which it is known in a chat of this kind. */
  jid(mode: AddressingMode): string {
    return mode === "lid" ? this.lidJid : this.pnJid;
  }

  takeDeviceId(): number {
    return this.#nextDevice++;
  }

  /** All chats of this phone, in the order of arrival. */
  get messages(): readonly ChatMessage[] {
    return this.#messages;
  }

  addMessage(message: ChatMessage): void {
    this.#messages.push(message);
    this.#byId.set(message.id, message);
    this.#writers.add(message.author);
  }

  /** A message of one of its chats. */
  message(id: string): ChatMessage | undefined {
    return this.#byId.get(id);
  }

  /** Whether this person has ever written to this phone; digits. */
  hasHeardFrom(pn: string | undefined): boolean {
    return pn !== undefined && this.#writers.has(pn);
  }
}

/** Whether people are addressed by LID (the rule today) or by phone number. */
export type AddressingMode = "lid" | "pn";
