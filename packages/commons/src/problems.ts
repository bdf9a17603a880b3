// What does not keep a contract, in words that help to mend it and quote nothing: values may be personal.
import type { z } from "zod";

/** More problems than this are not named. */
const MOST = 5;

/**
 * The problems that a schema found.
 * @returns such as `replies.0.buttons.0.title: Too big: expected string to have <=200 characters`; at most five
 */
export function problemsOf(error: z.ZodError): string[] {
  return error.issues.slice(0, MOST).map(({ path, message }) => `${path.join(".") || "(root)"}: ${message}`);
}
