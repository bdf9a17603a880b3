// What becomes of a session when its connection ends, code by code: the one table for it. Codes: Baileys' DisconnectReason, and
// whatsmeow's table of connect failures (https://pkg.go.dev/go.mau.fi/whatsmeow/types/events#ConnectFailureReason).

/** How a connection ended. */
export interface Ending {
  /** Status code of the library's error; undefined: none was given. */
  readonly code: number | undefined;
  /** Seconds until a temporary ban ends, when WhatsApp said so. */
  readonly banSeconds?: number | undefined;
}

/** What is done next: connect again at once, after a pause, when a person wants it, or never with these keys. */
export type NextStep = "again" | "backoff" | "park" | "forget";

/** A reaction, with what people read. */
export interface Reaction {
  readonly next: NextStep;
  readonly reason: string;
  /** What it means and what to do about it. */
  readonly words: string;
  /** The pause, when it is not the engine's backoff; for what is parked: until it may be tried again by itself. */
  readonly retryInSeconds?: number | undefined;
}

/** What else decides. */
export interface Circumstances {
  /** A phone has linked this device. */
  readonly linked: boolean;
  /** We asked WhatsApp to log this device out. */
  readonly loggingOut: boolean;
  /** Times in a row that another login took the connection over while our lease was good. */
  readonly conflicts: number;
}

/** WhatsApp's other login gets so long to go away. */
const CONFLICT_PAUSE_SECONDS = 10;

/** The table, for a linked device. */
export const DISCONNECTS: Readonly<Record<number, Reaction>> = {
  401: {
    next: "forget",
    reason: "unlinked",
    words: "The device was unlinked on the phone, or WhatsApp ended its login. Link it anew.",
  },
  402: {
    next: "park",
    reason: "temporary_ban",
    words:
      "WhatsApp has banned the number for a time. Nothing is sent; it is tried again when the ban is over. Write to fewer strangers.",
  },
  403: {
    next: "park",
    reason: "account_locked",
    words:
      "WhatsApp has locked the account, or the phone is gone. Open WhatsApp on the phone, see to what it says, then restart.",
  },
  405: {
    next: "park",
    reason: "client_outdated",
    words:
      "WhatsApp wants a newer WhatsApp Web. Set WHATSAPP_WEB_VERSION to the present one, restart the runners, then the session.",
  },
  406: {
    next: "park",
    reason: "banned",
    words: "WhatsApp has banned the account. Appeal in the app on the phone; restart once it is lifted.",
  },
  408: { next: "backoff", reason: "connection_lost", words: "WhatsApp did not answer any more. It is tried again." },
  409: {
    next: "park",
    reason: "client_refused",
    words:
      "WhatsApp refuses this kind of client. Set WHATSAPP_WEB_VERSION to the present one, restart the runners, then the session.",
  },
  411: {
    next: "park",
    reason: "phone_outdated",
    words: "The phone's WhatsApp is too old for linked devices. Update it, then restart.",
  },
  428: { next: "backoff", reason: "connection_closed", words: "The connection was cut. It is tried again." },
  440: {
    next: "backoff",
    reason: "replaced",
    words: "Another login with the same keys took the connection over. It is tried once more.",
    retryInSeconds: CONFLICT_PAUSE_SECONDS,
  },
  // Also what the library makes of errors that it does not know: never a reason to forget keys.
  500: {
    next: "backoff",
    reason: "stream_error",
    words: "WhatsApp ended the connection with an error. It is tried again.",
  },
  501: {
    next: "backoff",
    reason: "stream_error",
    words: "WhatsApp ended the connection with an error. It is tried again.",
  },
  503: {
    next: "backoff",
    reason: "unavailable",
    words: "WhatsApp cannot serve this connection now. It is tried again.",
  },
  515: { next: "again", reason: "restart_required", words: "WhatsApp asks for a new connection, which is being made." },
};

const UNKNOWN: Reaction = {
  next: "backoff",
  reason: "unknown",
  words: "The connection ended without a reason that is known. It is tried again.",
};
const CODE_EXPIRED: Reaction = {
  next: "park",
  reason: "code_expired",
  words: "Nobody scanned or typed the code in time. Restart the session for a new one.",
};
const LINK_REFUSED: Reaction = {
  next: "park",
  reason: "link_refused",
  words: "WhatsApp refused to link the device. Wait a while, then restart the session for a new code.",
};
const LOGGED_OUT: Reaction = {
  next: "forget",
  reason: "logged_out",
  words: "It was logged out here. Restart it to link it anew.",
};
const CONFLICT: Reaction = {
  next: "park",
  reason: "conflict",
  words:
    "Something else uses the keys of this device and takes its connection over again and again. Find and stop it, then restart.",
};
const DEFAULT_BAN_SECONDS = 24 * 3600;

/** What to do about an ending. */
export function reactionTo({ code, banSeconds }: Ending, { linked, loggingOut, conflicts }: Circumstances): Reaction {
  if (code === 401 && loggingOut) return LOGGED_OUT;
  if (!linked && code === 408) return CODE_EXPIRED;
  if (!linked && code === 401) return LINK_REFUSED;
  if (code === 440 && conflicts > 0) return CONFLICT;
  const reaction = code === undefined ? UNKNOWN : (DISCONNECTS[code] ?? UNKNOWN);
  if (code === 402) return { ...reaction, retryInSeconds: banSeconds ?? DEFAULT_BAN_SECONDS };
  return reaction;
}
