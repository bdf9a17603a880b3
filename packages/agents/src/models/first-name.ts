// The name by which a customer is addressed. WhatsApp profile names are free text, so most care goes into refusing.

/**
 * The first name out of a profile name.
 * @param profileName - what the customer calls themself at WhatsApp
 * @returns the first word when it can be a name: letters, at most 20, the first one large or from a script without case
 */
export function firstName(profileName: string | null): string | undefined {
  const first = profileName?.trim().split(/\s+/)[0] ?? "";
  return /^[\p{Lu}\p{Lo}][\p{L}\p{M}'’-]{1,19}$/u.test(first) ? first : undefined;
}
