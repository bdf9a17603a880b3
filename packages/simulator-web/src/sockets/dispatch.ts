// Which part of the server takes which stanza of a client.
import { takeIq } from "../account/iq.ts";
import { takePresence, takeTyping } from "../account/presence.ts";
import { takeReceipt } from "../messages/receipts.ts";
import { takeMessage } from "../messages/relay.ts";
import type { Node } from "../wire/nodes.ts";
import type { World } from "../world.ts";
import type { Connection } from "./connection.ts";

/** Takes one stanza. What the contract does not know is ignored, as the real server does. */
export async function dispatch(world: World, connection: Connection, stanza: Node): Promise<void> {
  if (stanza.tag === "iq") return takeIq(world, connection, stanza);
  if (stanza.tag === "message") takeMessage(world, connection, stanza);
  else if (stanza.tag === "receipt") takeReceipt(world, connection, stanza);
  else if (stanza.tag === "ack") connection.device?.queue.settleByAck(stanza);
  else if (stanza.tag === "presence") takePresence(world, connection, stanza);
  else if (stanza.tag === "chatstate") takeTyping(world, connection, stanza);
}
