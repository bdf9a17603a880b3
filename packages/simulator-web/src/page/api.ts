// What the page knows of the test API.

/** A linked device, as GET /phones shows it. */
export type DeviceView = {
  readonly device: number;
  readonly platform: string;
  readonly connected: boolean;
  readonly queued: number;
};
/** A phone, as GET /phones shows it. */
export type PhoneView = {
  readonly pn: string;
  readonly name: string;
  readonly typing: Readonly<Record<string, string>>;
  readonly devices: readonly DeviceView[];
};
/** A message, as GET /phones/{pn}/messages shows it. */
export type MessageView = {
  readonly id: string;
  readonly chat: string;
  readonly author: string;
  readonly direction: "in" | "out";
  readonly type: string;
  readonly text?: string;
  readonly at: string;
  readonly status: string;
  readonly deleted: boolean;
  readonly edited: boolean;
  readonly reactions: Readonly<Record<string, string>>;
};
/** What of GET /record the page counts. */
export type RecordView = Readonly<Record<"overlaps" | "duplicates" | "deliveries" | "problems", readonly unknown[]>>;

/**
 * Calls the test API.
 * @throws Error with what the server says is wrong
 */
export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(path, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const json = await response.json();
  if (!response.ok) throw new Error(json.error ?? `The server answered ${response.status}.`);
  return json;
}
