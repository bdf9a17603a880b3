// The id that ties together what happens to one message: through the queue, the agent's call, the outbox, and out.

/** At most 80 characters: the parts of a batch get a number behind it, and others take no more than 100. */
const FORM = /^[A-Za-z0-9._:-]{8,80}$/;

const given = new WeakMap<Headers, string>();

/** The request's own `x-correlation-id` when it is well formed, else a new one; the same for the same request. */
export function correlationIdOf(headers: Headers): string {
  const known = given.get(headers);
  if (known !== undefined) return known;
  const sent = headers.get("x-correlation-id");
  const id = sent !== null && FORM.test(sent) ? sent : crypto.randomUUID();
  given.set(headers, id);
  return id;
}
