// The type of what JSON can hold.

/** Any JSON value. */
export type Json = string | number | boolean | null | JsonObject | readonly Json[];
/** A JSON object; a key whose value is undefined is left out when it is written. */
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}
