// Errors of the API as RFC 9457 has them: application/problem+json with a code for programs and, for people, what to do.
import { DatabaseUnavailableError, InvalidInputError } from "@switchboard/commons/errors.ts";
import { z } from "zod";

/** A refusal. */
export const problem = z
  .object({
    type: z.string().meta({ description: "about:blank: the code says it all." }),
    title: z.string(),
    status: z.number().int(),
    code: z.string().meta({ description: "For programs; does not change." }),
    detail: z.string().meta({ description: "For people: what is wrong and how to mend it." }),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .meta({ description: "Where in the request, and what is wrong there." }),
    correlation_id: z.string().meta({ description: "Names this request in our logs." }),
  })
  .meta({ id: "Problem", description: "An error, as RFC 9457 has it." });

/** Every status that the API refuses with, in words. */
export const refusals = {
  400: "Bad request: the body cannot be read",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not found",
  405: "Method not allowed",
  409: "Conflict",
  411: "Length required",
  413: "Content too large",
  415: "Unsupported media type",
  422: "Unprocessable content: the request breaks its schema, or cannot be sent as it is",
  429: "Too many requests",
  500: "Internal server error",
  503: "Service unavailable",
} as const;
/** A status that the API refuses with. */
export type Refusal = keyof typeof refusals;

/** What a problem carries besides its status. */
export interface ProblemDetails {
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown anywhere in the door; becomes the response. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: Refusal;
  readonly details: ProblemDetails;
  constructor(status: Refusal, details: ProblemDetails) {
    super(details.detail);
    this.status = status;
    this.details = details;
  }
}

const BY_CODE: Readonly<Record<string, [Refusal, string]>> = {
  SB400: [422, "invalid_request"],
  SB404: [404, "not_found"],
  SB409: [409, "conflict"],
  body_too_large: [413, "body_too_large"],
  body_malformed: [400, "body_malformed"],
  body_cut_off: [400, "body_cut_off"],
};

/** What was thrown, as a problem; undefined for a fault of ours, about which nothing is said outside. */
export function toProblem(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  if (error instanceof DatabaseUnavailableError)
    return new Problem(503, {
      code: "database_away",
      detail: "The database is away; send the same request again later.",
      headers: { "retry-after": "5" },
    });
  if (!(error instanceof InvalidInputError)) return undefined;
  const [status, code] = BY_CODE[error.code] ?? [422, "invalid_request"];
  const { cause } = error;
  const hint = cause instanceof Error && "hint" in cause && typeof cause.hint === "string" ? `: ${cause.hint}` : "";
  return new Problem(status, { code, detail: error.message + hint });
}

/** The response of a problem. */
export function problemResponse({ status, details }: Problem, correlationId: string): Response {
  const { code, detail, errors, headers } = details;
  const body: z.infer<typeof problem> = {
    type: "about:blank",
    title: refusals[status].split(":")[0] ?? "",
    status,
    code,
    detail,
    ...(errors === undefined ? {} : { errors: [...errors] }),
    correlation_id: correlationId,
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/problem+json", ...headers },
  });
}
