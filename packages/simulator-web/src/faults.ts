// What the server does wrong on purpose. Switches stay until they are changed; the rest counts down.

/** A refusal of messages: an error in the ack, such as 463 or 479. */
export type AckError = {
  readonly code: number;
  /** Only messages of this phone; digits. */
  readonly phone?: string | undefined;
  /** Only messages to this address. */
  readonly to?: string | undefined;
  /** How many more; undefined is all. */
  left: number | undefined;
};

/** A query that is refused or never answered. */
export type QueryFault = {
  /** Namespace of the query, such as "encrypt" or "w:g2". */
  readonly xmlns: string;
  /** Tag of its first child. */
  readonly child?: string | undefined;
  /** Undefined: it is swallowed. */
  readonly error?: number | undefined;
  left: number | undefined;
};

/** A refusal of logins: 403, 405, 503 ... */
export type LoginRefusal = { readonly code: number; readonly phone?: string | undefined; left: number | undefined };

/** Ciphertexts that arrive damaged. */
export type Damage = {
  /** At people's phones, or at linked devices. */
  readonly at: "phone" | "device";
  /** Only at this account's; digits. */
  readonly phone?: string | undefined;
  left: number | undefined;
};

/** All faults. */
export class Faults {
  /** Everything that the server sends comes so many ms later. */
  latencyMs = 0;
  /** Messages are accepted and delivered, but never acknowledged. */
  swallowsAcks = false;
  /** A login is not answered until this is switched off. */
  holdsSuccess = false;
  /** What waited is sent at a login, but "that was all" only when this is switched off. */
  holdsOffline = false;
  /** How many QR codes one socket gets. */
  qrCodes = 6;
  damages: Damage[] = [];
  ackErrors: AckError[] = [];
  queries: QueryFault[] = [];
  loginRefusals: LoginRefusal[] = [];

  ackErrorFor(phone: string, to: string): number | undefined {
    return take(this.ackErrors, (fault) => (fault.phone ?? phone) === phone && (fault.to ?? to) === to)?.code;
  }

  queryFaultFor(xmlns: string, child: string): QueryFault | undefined {
    return take(this.queries, (fault) => fault.xmlns === xmlns && (fault.child ?? child) === child);
  }

  loginRefusalFor(phone: string): number | undefined {
    return take(this.loginRefusals, (fault) => (fault.phone ?? phone) === phone)?.code;
  }

  /** A ciphertext as it arrives at an account's phone or device: as it was sent, or with one bit turned. */
  damage(ciphertext: Uint8Array, at: Damage["at"], phone: string): Uint8Array {
    const fault = take(this.damages, (each) => each.at === at && (each.phone ?? phone) === phone);
    if (fault === undefined) return ciphertext;
    const damaged = Buffer.from(ciphertext);
    const place = damaged.length - 12; // within what every kind of ciphertext is checked by: MAC or signature
    damaged[place] = (damaged[place] ?? 0) ^ 1;
    return damaged;
  }
}

/** The first fault that fits and is not used up; counts it down. */
function take<T extends { left: number | undefined }>(
  faults: readonly T[],
  fits: (fault: T) => boolean,
): T | undefined {
  const found = faults.find((fault) => fault.left !== 0 && fits(fault));
  if (found?.left !== undefined) found.left -= 1;
  return found;
}
