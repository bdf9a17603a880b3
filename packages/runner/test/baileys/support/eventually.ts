// Waiting for something to become true, instead of sleeping.

const LIMIT_MS = 30_000;

/**
 * Asks again and again until there is an answer.
 * @param probe - gives the answer; undefined, null or false: not yet
 * @param what - what is waited for, for the message when it never comes
 */
export async function eventually<T>(
  probe: () => T | undefined | null | false | Promise<T | undefined | null | false>,
  what: string,
): Promise<T> {
  const giveUpAt = Date.now() + LIMIT_MS;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined && answer !== null && answer !== false) return answer;
    if (Date.now() > giveUpAt) throw new Error(`waited ${LIMIT_MS / 1000} s in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
