// What all handlers of queries (<iq>) have in common.
import type { LinkedDevice } from "../phones/device.ts";
import type { Connection } from "../sockets/connection.ts";
import type { Node } from "../wire/nodes.ts";
import type { World } from "../world.ts";

/** A query of a device that has logged in. */
export type Query = {
  readonly world: World;
  readonly connection: Connection;
  readonly device: LinkedDevice;
  readonly stanza: Node;
  /** Its first child; an empty node when it has none. */
  readonly child: Node;
};

/** The answer: its child nodes, or an error code; `after` runs when it has been sent. */
export type Answer =
  | { readonly content: Node[]; readonly after?: () => void }
  | { readonly error: number; readonly text: string };

/** A handler of one namespace. */
export type QueryHandler = (query: Query) => Answer | Promise<Answer>;

/** An answer without content. */
export const done: Answer = { content: [] };
/** Errors that several handlers give. */
export const notFound: Answer = { error: 404, text: "item-not-found" };
export const forbidden: Answer = { error: 403, text: "forbidden" };
