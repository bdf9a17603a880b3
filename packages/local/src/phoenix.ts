// The frames that supabase-js and the Realtime server exchange: Phoenix messages as JSON (version 1 as objects, version
// 2 as arrays), and in version 2 a client's broadcast as a binary frame.

/** One Phoenix message. */
export interface Frame {
  readonly joinRef: string | null;
  readonly ref: string | null;
  readonly topic: string;
  readonly event: string;
  readonly payload: Record<string, unknown>;
}

/** Version of the protocol that a client asked for with ?vsn=. */
export type ProtocolVersion = 1 | 2;

/** Kind of the binary frame that carries a client's broadcast. */
const USER_BROADCAST_PUSH = 3;
const JSON_ENCODING = 1;

/**
 * Reads a frame.
 * @param data - text, or the bytes of a binary frame
 * @param version - of the connection
 * @throws Error when it is no frame that this server knows
 */
export function decodeFrame(data: string | Buffer, version: ProtocolVersion): Frame {
  if (typeof data !== "string") return decodeBroadcast(data);
  const parsed = JSON.parse(data);
  const [joinRef, ref, topic, event, payload] =
    version === 2 ? parsed : [parsed.join_ref, parsed.ref, parsed.topic, parsed.event, parsed.payload];
  if (typeof topic !== "string" || typeof event !== "string") throw new Error("A frame needs a topic and an event");
  return { joinRef: joinRef ?? null, ref: ref ?? null, topic, event, payload: payload ?? {} };
}

/**
 * Writes a frame as text.
 * @param frame - what to send
 * @param version - of the connection
 */
export function encodeFrame(frame: Frame, version: ProtocolVersion): string {
  const { joinRef, ref, topic, event, payload } = frame;
  if (version === 2) return JSON.stringify([joinRef, ref, topic, event, payload]);
  return JSON.stringify({ topic, event, payload, ref, join_ref: joinRef });
}

/** Layout: kind, five lengths, encoding, then join ref, ref, topic, event, metadata and the payload. */
function decodeBroadcast(bytes: Buffer): Frame {
  if (bytes[0] !== USER_BROADCAST_PUSH) throw new Error(`Unknown kind of binary frame: ${bytes[0]}`);
  if (bytes[6] !== JSON_ENCODING) throw new Error("The local Realtime takes JSON payloads only");
  let offset = 7;
  const [joinRef = "", ref = "", topic = "", event = ""] = [1, 2, 3, 4, 5].map((position) => {
    const length = bytes[position] ?? 0;
    offset += length;
    return bytes.toString("utf8", offset - length, offset);
  });
  const payload: unknown = JSON.parse(bytes.toString("utf8", offset));
  return { joinRef: joinRef || null, ref: ref || null, topic, event: "broadcast", payload: { event, payload } };
}
