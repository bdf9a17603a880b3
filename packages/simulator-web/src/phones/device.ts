// A linked device: what a client becomes when a phone has linked it.

import { OfflineQueue } from "../messages/queue.ts";
import type { KeyBundle, PreKey, SignedPreKey } from "../signal/bundle.ts";
import type { Connection } from "../sockets/connection.ts";
import { SERVER } from "../wire/nodes.ts";
import type { Phone } from "./phone.ts";

/** What a client tells about itself when it asks to be linked. */
export type Registration = {
  readonly identity: Buffer;
  readonly registrationId: number;
  readonly signedPreKey: SignedPreKey;
  /** What the list of linked devices on the phone shows, such as "Mac OS". */
  readonly platform: string;
};

/** One linked device of a phone. */
export class LinkedDevice {
  readonly phone: Phone;
  readonly id: number;
  readonly identity: Buffer;
  readonly registrationId: number;
  readonly platform: string;
  /** Its static Noise key: who may log in as this device. */
  readonly noiseKey: Buffer;
  readonly linkedAt: number;
  signedPreKey: SignedPreKey;
  readonly preKeys: PreKey[] = [];
  /** What it has not confirmed yet. */
  readonly queue = new OfflineQueue();
  /** Its socket while it is logged in. */
  connection: Connection | undefined;
  /** Whether the phone still has to send its history. */
  awaitsHistory = true;

  constructor(phone: Phone, id: number, options: DeviceOptions) {
    this.phone = phone;
    this.id = id;
    this.identity = options.registration.identity;
    this.registrationId = options.registration.registrationId;
    this.signedPreKey = options.registration.signedPreKey;
    this.platform = options.registration.platform;
    this.noiseKey = options.noiseKey;
    this.linkedAt = options.linkedAt;
  }

  /** Its address by phone number. */
  get pnJid(): string {
    return `${this.phone.pn}:${this.id}${SERVER}`;
  }

  /** Its address by LID. */
  get lidJid(): string {
    return `${this.phone.lid}:${this.id}@lid`;
  }

  /** Its bundle; every one-time pre-key is given out once. */
  takeBundle(): KeyBundle {
    const { registrationId, identity, signedPreKey } = this;
    return { registrationId, identity, signedPreKey, preKey: this.preKeys.shift() };
  }
}

/** What a new device is made of. */
export type DeviceOptions = {
  readonly registration: Registration;
  readonly noiseKey: Buffer;
  /** Unix time in ms. */
  readonly linkedAt: number;
};
