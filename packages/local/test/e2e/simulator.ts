// The simulator's test API, as the end-to-end tests use it. The simulator is ours: its answers are taken at their word.

/** A message on a customer's phone. `in`: the customer wrote it. */
export interface PhoneMessage {
  readonly id: string;
  readonly direction: "in" | "out";
  readonly type: string;
  readonly text?: string;
  readonly status: "accepted" | "sent" | "delivered" | "read" | "failed";
  /** Which arrival it was on the phone, from 1; messages of the business only. */
  readonly order?: number;
  readonly at: string;
  readonly biz_opaque_callback_data?: string;
}

/** What the simulator counts; see packages/simulator/src/stats.ts. */
export interface SimulatorStats {
  readonly customerMessages: number;
  readonly webhooksPosted: number;
  readonly webhooksAccepted: number;
  readonly webhooksRefused: number;
  readonly webhookRetries: number;
  readonly webhookCopies: number;
  readonly statuses: number;
  readonly sendRequests: number;
  readonly acceptedSends: number;
  readonly duplicateSends: number;
  readonly hungSends: number;
  readonly refusedBefore: number;
  readonly webhooksWaiting: number;
  readonly webhooksInFlight: number;
}

/** What became of one request to send, in the simulator's own record. */
export interface SendRecord {
  readonly no: number;
  readonly at: string;
  readonly to: string;
  readonly type: string;
  readonly biz_opaque_callback_data?: string;
  /** Whether the message was taken. */
  readonly accepted: boolean;
  readonly message_id?: string;
  /** Whether the caller got the whole answer. */
  readonly answered: boolean;
  readonly http_status?: number;
  readonly error_code?: number;
  /** When it stood on the phone. */
  readonly arrived_at?: string;
  readonly statuses: readonly { readonly status: string; readonly at: string }[];
}

/** The test API of one simulator. */
export interface Simulator {
  /** A customer writes texts, one after the other, without a pause. Gives the messages' ids. */
  write(phone: string, ...texts: string[]): Promise<string[]>;
  /** What stands on a phone, in the order of arrival; empty for a phone that nobody has. */
  thread(phone: string): Promise<PhoneMessage[]>;
  stats(): Promise<SimulatorStats>;
  /** Requests to send in the order in which they came; with a callback datum, those that carried it. */
  sends(callbackData?: string): Promise<SendRecord[]>;
  /** Turns switches; see packages/simulator/src/chaos.ts. */
  chaos(patch: Readonly<Record<string, unknown>>): Promise<void>;
}

/** The simulator at this address. */
export function simulatorAt(url: string): Simulator {
  const call = async (method: string, path: string, body?: unknown) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      signal: AbortSignal.timeout(30_000),
    });
    if (answer.status === 404 && method === "GET") return [];
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return await answer.json();
  };
  return {
    write: async (phone, ...texts) => {
      const inputs = texts.map((text) => ({ type: "text", text }));
      const sent: { id: string }[] = await call("POST", `/phones/${phone}/messages`, inputs);
      return sent.map(({ id }) => id);
    },
    thread: (phone) => call("GET", `/phones/${phone}/messages`),
    stats: () => call("GET", "/stats"),
    sends: (datum) =>
      call("GET", datum === undefined ? "/sends" : `/sends?biz_opaque_callback_data=${encodeURIComponent(datum)}`),
    chaos: (patch) => call("POST", "/chaos", patch),
  };
}
