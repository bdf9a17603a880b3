// Queries of clients (<iq>): which handler answers which namespace, and how answers go back.
import { answerGroups } from "../groups/queries.ts";
import { answerLinkCode } from "../linking/code.ts";
import { completePairing, unlink } from "../linking/pairing.ts";
import { sendHistoryOnce } from "../messages/history.ts";
import type { Connection } from "../sockets/connection.ts";
import { childrenOf, type Node, node, SERVER } from "../wire/nodes.ts";
import type { World } from "../world.ts";
import { answerAppState } from "./appstate.ts";
import { answerMex } from "./mex.ts";
import { answerEncrypt } from "./prekeys.ts";
import { answerBlocklist, answerPrivacy } from "./privacy.ts";
import { answerAbout, answerBusiness, answerPicture } from "./profile.ts";
import { type Answer, done, type Query, type QueryHandler } from "./query.ts";
import { answerUsync } from "./usync.ts";

const ok: QueryHandler = () => done;

const HANDLERS: Readonly<Record<string, QueryHandler>> = {
  abt: () => ({ content: [node("props", { hash: "1" }, [])] }),
  blocklist: answerBlocklist,
  bot: () => ({ content: [node("bot", {}, [])] }),
  disappearing_mode: ok,
  encrypt: answerEncrypt,
  md: answerDevices,
  passive: answerPassive,
  privacy: answerPrivacy,
  status: answerAbout,
  tos: ok,
  "urn:xmpp:whatsapp:dirty": ok,
  usync: answerUsync,
  "w:biz": answerBusiness,
  "w:g2": answerGroups,
  "w:m": answerMediaHosts,
  "w:mex": answerMex,
  "w:p": ok,
  "w:profile:picture": answerPicture,
  "w:stats": ok,
  "w:sync:app:state": answerAppState,
};

/** Takes a query, or an answer to one of the server's own. */
export async function takeIq(world: World, connection: Connection, stanza: Node): Promise<void> {
  if (stanza.attrs.type === "result" || stanza.attrs.type === "error") return completePairing(connection, stanza);
  const child = childrenOf(stanza)[0] ?? node("");
  const fault = world.faults.queryFaultFor(stanza.attrs.xmlns ?? "", child.tag);
  if (fault !== undefined && fault.error === undefined) return;
  const answer: Answer =
    fault?.error !== undefined
      ? { error: fault.error, text: "internal-server-error" }
      : await answerOf(world, connection, { stanza, child });
  const failed = "error" in answer;
  connection.send(
    node(
      "iq",
      {
        id: stanza.attrs.id,
        from: stanza.attrs.to ?? SERVER,
        type: failed ? "error" : "result",
        t: world.seconds(),
      },
      failed ? [node("error", { code: String(answer.error), text: answer.text })] : answer.content,
    ),
  );
  if (!failed) answer.after?.();
}

async function answerOf(world: World, connection: Connection, { stanza, child }: Pick<Query, "stanza" | "child">) {
  const { device } = connection;
  if (child.tag === "link_code_companion_reg") return answerLinkCode(world, connection, child);
  if (device === undefined) return stanza.attrs.xmlns === "w:p" ? done : { error: 401, text: "not-authorized" };
  const handler = HANDLERS[stanza.attrs.xmlns ?? ""];
  if (handler === undefined) return { error: 501, text: "feature-not-implemented" };
  return handler({ world, connection, device, stanza, child });
}

/** Namespace `md`: a device unlinks itself. */
function answerDevices({ device, child }: Query): Answer {
  if (child.tag !== "remove-companion-device") return { error: 501, text: "feature-not-implemented" };
  return { content: [], after: () => unlink(device) };
}

/** Namespace `passive`: the client is ready, so its phone can send it the history. */
function answerPassive({ world, device, child }: Query): Answer {
  return child.tag === "active" ? { content: [], after: () => sendHistoryOnce(world, device) } : done;
}

/** Namespace `w:m`: where media go. */
function answerMediaHosts({ world }: Query): Answer {
  const host = node("host", { hostname: world.mediaHost, maxContentLengthBytes: "16777216" });
  return { content: [node("media_conn", { auth: "auth", ttl: "300" }, [host])] };
}
