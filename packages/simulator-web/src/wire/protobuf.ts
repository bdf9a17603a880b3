// Fields of protobuf messages that the contract demands, although protobuf itself calls every field optional.

/**
 * A field of bytes.
 * @param name - for the error
 * @throws when the client left it out
 */
export function bytesFrom(field: Uint8Array | null | undefined, name: string): Buffer {
  if (field == null || field.length === 0) throw new Error(`The client's message lacks ${name}.`);
  return Buffer.from(field);
}
