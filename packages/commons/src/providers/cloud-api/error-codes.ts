// What an error code of Meta's means for a message of ours: try again, slow down, stop, or give up. The code decides, not
// the HTTP status: throttles come as 400. The codes themselves stand in error-table.ts.
import { type GraphErrorMeaning, graphErrorAreas, graphErrorCodes } from "./error-table.ts";

/** How an error reached us; without an HTTP status it came later, as a `failed` status. */
export interface GraphErrorSource {
  readonly httpStatus?: number;
  /** `error.is_transient` of a Graph error. */
  readonly transient?: boolean;
}

/**
 * Says what an error code of Meta's means for the message.
 * @param code - `error.code` of a Graph error, or `statuses[].errors[].code`
 * @returns the known meaning; for an unknown code: retry when Meta calls it transient, throttles or fails (429, 5xx), otherwise never
 */
export function graphErrorMeaning(code: number, source: GraphErrorSource = {}): GraphErrorMeaning {
  const known = graphErrorCodes.get(code) ?? graphErrorAreas.find(({ from, to }) => code >= from && code <= to)?.means;
  if (known !== undefined) return known;
  const { httpStatus = 0, transient = false } = source;
  const passes = transient || httpStatus === 429 || httpStatus >= 500;
  return {
    class: passes ? "retry" : "never",
    meaning: "an error that this version does not know",
    mend: "look the code up in Meta's documentation",
  };
}
