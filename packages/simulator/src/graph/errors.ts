// A refusal as the Graph API answers it.
import { newTraceId } from "../ids.ts";
import { type ErrorFacts, errorFacts } from "./error-table.ts";

/** What is special about one refusal; everything else comes from the table of codes. */
export type Special = {
  readonly message?: string | undefined;
  readonly details?: string | undefined;
  readonly status?: number | undefined;
  readonly subcode?: number | undefined;
  readonly type?: string | undefined;
  /** Seconds for the header `Retry-After`. */
  readonly retryAfter?: number | undefined;
};

/** A refusal by the Graph API: what `error` says, and the HTTP status. */
export class GraphError extends Error {
  override readonly name = "GraphError";
  readonly code: number;
  readonly status: number;
  readonly details: string;
  readonly subcode: number | undefined;
  readonly type: string;
  readonly retryAfter: number | undefined;
  readonly #facts: ErrorFacts;

  /**
   * @param code - Meta's error code; one that is not in the table becomes an error 400 with a general text
   * @param special - what is special this time
   */
  constructor(code: number, special: Special = {}) {
    const facts = errorFacts(code);
    super(special.message ?? `(#${code}) ${facts.title}`);
    this.#facts = facts;
    this.code = code;
    this.details = special.details ?? facts.details;
    this.status = special.status ?? facts.status;
    this.subcode = special.subcode;
    this.type = special.type ?? "OAuthException";
    this.retryAfter = special.retryAfter;
  }

  /** The body of the answer. */
  toBody(): { readonly error: Readonly<Record<string, unknown>> } {
    return {
      error: {
        message: this.message,
        type: this.type,
        code: this.code,
        ...(this.subcode === undefined ? {} : { error_subcode: this.subcode }),
        ...(this.details === "" ? {} : { error_data: { messaging_product: "whatsapp", details: this.details } }),
        ...(this.#facts.transient ? { is_transient: true } : {}),
        fbtrace_id: newTraceId(),
      },
    };
  }
}
