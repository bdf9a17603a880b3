// An operation of the API as data: its route, its schemas and its OpenAPI description all come from this one value.
import type { ApiScope } from "@switchboard/commons/api-keys.ts";
import type { Acting } from "@switchboard/commons/db/api.ts";
import type { Database } from "@switchboard/commons/db/database.ts";
import type { Logger } from "@switchboard/commons/log.ts";
import type { FileStorage } from "@switchboard/commons/storage/storage.ts";
import type { z } from "zod";
import type { Refusal } from "./problem.ts";

/** What the routes work with. */
export interface Services {
  readonly db: Database;
  readonly log: Logger;
  /** Where files are kept. */
  readonly storage: FileStorage;
  /** Where the API is reached from outside, without a slash at its end. */
  readonly publicUrl: string;
}

type Shape = z.ZodObject;
type Parsed<S extends Shape | undefined> = S extends Shape ? z.output<S> : undefined;

/** A request that kept to its schemas, and who sent it. */
export interface Call<P extends Shape | undefined, Q extends Shape | undefined, B extends z.ZodType | undefined> {
  readonly params: Parsed<P>;
  readonly query: Parsed<Q>;
  readonly body: B extends z.ZodType ? z.output<B> : undefined;
  readonly request: Request;
  readonly acting: Acting;
  readonly correlationId: string;
}

/** What an operation answers. */
export interface Answer<R extends z.ZodType> {
  readonly body: z.input<R>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The description of an operation. */
export interface Description<
  P extends Shape | undefined,
  Q extends Shape | undefined,
  B extends z.ZodType | undefined,
  R extends z.ZodType,
> {
  readonly method: "get" | "post";
  /** As OpenAPI writes it: /v1/things/{id}. */
  readonly path: string;
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description: string;
  /** What the caller must be allowed to do. */
  readonly scope: ApiScope;
  readonly params?: P;
  readonly query?: Q;
  /** Of the request, for the document; the handler reads them itself. */
  readonly headers?: Shape;
  /** A JSON body. */
  readonly body?: B;
  /** The body is a file, which the handler reads. */
  readonly upload?: boolean;
  readonly success: {
    readonly status: 200 | 201 | 202;
    readonly description: string;
    readonly schema: R;
    readonly headers?: Shape;
  };
  /** The refusals that are its own, besides those that every operation has. */
  readonly refusals: readonly Refusal[];
  /** A method, so that operations of different schemas fit into one list. */
  handle(call: Call<P, Q, B>, services: Services): Promise<Answer<R>>;
}

/** Any operation. */
export type Operation = Description<Shape | undefined, Shape | undefined, z.ZodType | undefined, z.ZodType>;

/** Checks that schemas and handler of an operation fit together. */
export function operation<
  R extends z.ZodType,
  P extends Shape | undefined = undefined,
  Q extends Shape | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(description: Description<P, Q, B, R>): Operation {
  return description;
}
