// The simulator's own record of the sends it was asked for: taken or not, answered or not, when it reached the phone and
// which statuses went out. It explains a send whose sender never learned what became of it.

/** What became of one request to send. */
export type SendRecord = {
  /** The number of the request, from 1. */
  readonly no: number;
  readonly at: number;
  readonly phoneNumberId: string;
  /** What the send was addressed to, as the business wrote it. */
  readonly address: string;
  readonly type: string;
  readonly callbackData?: string | undefined;
  /** Whether the message was taken; false until it is. */
  accepted: boolean;
  messageId?: string;
  /** HTTP status that was meant to be answered; missing when the socket was closed or left silent. */
  httpStatus?: number;
  /** Meta's error code of a refusal, or of the `failed` status. */
  errorCode?: number;
  /** When the whole answer was handed to the caller's socket; missing when the caller never got it. */
  answeredAt?: number;
  /** When the message stood on the phone. */
  arrivedAt?: number;
  /** The statuses that were made, in the order in which they were made. */
  readonly statuses: { readonly status: string; readonly at: number }[];
};

const RECORDS_KEPT = 100_000;

/** The record; the oldest entries are forgotten first. */
export class Sends {
  #records: SendRecord[] = [];
  readonly #byMessage = new Map<string, SendRecord>();
  #last = 0;

  /** Notes a request to send, before anything is decided. */
  begin(facts: Pick<SendRecord, "at" | "phoneNumberId" | "address" | "type" | "callbackData">): SendRecord {
    this.#last += 1;
    const record: SendRecord = { no: this.#last, ...facts, accepted: false, statuses: [] };
    this.#records.push(record);
    if (this.#records.length > RECORDS_KEPT * 1.1) this.#forget();
    return record;
  }

  /** Notes that it was taken. */
  accept(record: SendRecord, messageId: string): void {
    record.accepted = true;
    record.messageId = messageId;
    this.#byMessage.set(messageId, record);
  }

  /** The request that made this message. */
  ofMessage(messageId: string): SendRecord | undefined {
    return this.#byMessage.get(messageId);
  }

  /** The requests in order, those that fit the filter. */
  list(fits: (record: SendRecord) => boolean): readonly SendRecord[] {
    return this.#records.filter(fits);
  }

  /** Forgets everything; the count goes on at 1. */
  clear(): void {
    this.#records = [];
    this.#byMessage.clear();
    this.#last = 0;
  }

  #forget(): void {
    const gone = this.#records.length - RECORDS_KEPT;
    for (const { messageId } of this.#records.slice(0, gone))
      if (messageId !== undefined) this.#byMessage.delete(messageId);
    this.#records = this.#records.slice(gone);
  }
}

/** A record as the test API shows it. */
export function sendView(record: SendRecord): Readonly<Record<string, unknown>> {
  const time = (at: number) => new Date(at).toISOString();
  return {
    no: record.no,
    at: time(record.at),
    phone_number_id: record.phoneNumberId,
    to: record.address,
    type: record.type,
    ...(record.callbackData === undefined ? {} : { biz_opaque_callback_data: record.callbackData }),
    accepted: record.accepted,
    ...(record.messageId === undefined ? {} : { message_id: record.messageId }),
    answered: record.answeredAt !== undefined,
    ...(record.answeredAt === undefined ? {} : { answered_at: time(record.answeredAt) }),
    ...(record.httpStatus === undefined ? {} : { http_status: record.httpStatus }),
    ...(record.errorCode === undefined ? {} : { error_code: record.errorCode }),
    ...(record.arrivedAt === undefined ? {} : { arrived_at: time(record.arrivedAt) }),
    statuses: record.statuses.map(({ status, at }) => ({ status, at: time(at) })),
  };
}
