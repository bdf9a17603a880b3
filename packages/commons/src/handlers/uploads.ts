// The uploads of this process: one for the same file, however many messages wait for it, and few at a time, because each
// holds a file in memory.

const MOST_AT_ONCE = 2;

const underWay = new Map<string, Promise<string>>();
const waiting: (() => void)[] = [];
let active = 0;

/**
 * Uploads, or waits for the same upload that is under way.
 * @param key - names the file and the account
 * @param upload - gives the provider's id of the file
 */
export async function uploadOnce(key: string, upload: () => Promise<string>): Promise<string> {
  const known = underWay.get(key);
  if (known !== undefined) return await known;
  const own = takeTurns(upload).finally(() => underWay.delete(key));
  underWay.set(key, own);
  return await own;
}

async function takeTurns<T>(work: () => Promise<T>): Promise<T> {
  if (active >= MOST_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  else active += 1;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next === undefined) active -= 1;
    else next(); // takes over the place
  }
}
