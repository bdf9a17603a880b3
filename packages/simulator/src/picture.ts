// The built-in picture that a customer can send: a sunset over hills, drawn and packed as PNG here, so that no file is needed.
import { crc32, deflateSync } from "node:zlib";

const WIDTH = 480;
const HEIGHT = 320;
type Colour = readonly [red: number, green: number, blue: number];

let cached: Uint8Array<ArrayBuffer> | undefined;

/** The picture as PNG bytes, the same each time. */
export function samplePicture(): Uint8Array<ArrayBuffer> {
  cached ??= png((x, y) => colourAt(x / WIDTH, y / HEIGHT));
  return cached;
}

function colourAt(x: number, y: number): Colour {
  if (y > 0.86 - 0.1 * Math.sin(x * 5 + 0.6)) return [38, 52, 78];
  if (y > 0.76 - 0.12 * Math.sin(x * 3.4 + 2.4)) return [74, 82, 118];
  const distance = Math.hypot((x - 0.68) * 1.5, y - 0.5);
  if (distance < 0.12) return [255, 236, 190];
  const glow = Math.max(0, 1 - distance * 1.6);
  return mixed(mixed([96, 110, 184], [255, 170, 126], y / 0.8), [255, 214, 150], glow * 0.7);
}

function mixed(a: Colour, b: Colour, share: number): Colour {
  const part = Math.min(1, Math.max(0, share));
  const mix = (index: 0 | 1 | 2) => Math.round(a[index] + (b[index] - a[index]) * part);
  return [mix(0), mix(1), mix(2)];
}

function png(colour: (x: number, y: number) => Colour): Uint8Array<ArrayBuffer> {
  const rows = Buffer.alloc(HEIGHT * (1 + WIDTH * 3));
  for (let y = 0; y < HEIGHT; y += 1)
    for (let x = 0; x < WIDTH; x += 1) rows.set(colour(x, y), y * (1 + WIDTH * 3) + 1 + x * 3);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(WIDTH, 0);
  header.writeUInt32BE(HEIGHT, 4);
  header.set([8, 2, 0, 0, 0], 8); // 8 bits, true colour
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return new Uint8Array(
    Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]),
  );
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
