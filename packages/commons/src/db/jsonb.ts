// JSON as Postgres takes it.

/**
 * Writes a value as JSON for a jsonb parameter. What JSON allows and jsonb refuses (the NUL character, halves of
 * surrogate pairs) becomes U+FFFD, so that one odd character cannot cost a whole batch.
 */
export function toJsonb(value: unknown): string {
  return JSON.stringify(value).replace(/\\(?:u0000|ud[89a-f][0-9a-f]{2}|.)/g, (sequence) =>
    /^\\u(0000|d[89a-f])/.test(sequence) ? "\ufffd" : sequence,
  );
}
