// The byte stream of a socket: an intro once, then frames with their length in front (3 bytes).
const INTRO = Buffer.from("WA");
const INTRO_LENGTH = 4;
const ROUTING_HEADER = 7;

/** Cuts what arrives into frames. */
export class FrameReader {
  #bytes = Buffer.alloc(0);
  #introduced = false;

  /**
   * Takes bytes in, gives the frames that are complete by now.
   * @throws when the stream does not begin as a WhatsApp Web client's does
   */
  *push(bytes: Buffer): Generator<Buffer> {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    if (!this.#introduced && !this.#readIntro()) return;
    while (this.#bytes.length >= 3) {
      const end = 3 + this.#bytes.readUIntBE(0, 3);
      if (this.#bytes.length < end) return;
      const frame = Buffer.from(this.#bytes.subarray(3, end));
      this.#bytes = this.#bytes.subarray(end);
      yield frame;
    }
  }

  /** `WA` and two version bytes, behind edge routing information when the client was given some. */
  #readIntro(): boolean {
    if (this.#bytes.length < ROUTING_HEADER) return false;
    const routed = this.#bytes.subarray(0, 2).toString() === "ED";
    const start = routed ? ROUTING_HEADER + this.#bytes.readUIntBE(4, 3) : 0;
    if (this.#bytes.length < start + INTRO_LENGTH) return false;
    if (!this.#bytes.subarray(start, start + INTRO.length).equals(INTRO))
      throw new Error("The stream does not begin as a WhatsApp Web client's.");
    this.#bytes = this.#bytes.subarray(start + INTRO_LENGTH);
    this.#introduced = true;
    return true;
  }
}

/** Puts a frame's length in front of it. */
export function frame(payload: Uint8Array): Buffer {
  const length = Buffer.alloc(3);
  length.writeUIntBE(payload.length, 0, 3);
  return Buffer.concat([length, payload]);
}
