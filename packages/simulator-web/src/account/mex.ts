// Queries in GraphQL (namespace `w:mex`): the standing of an account.
import { QueryIds, XWAPaths } from "@whiskeysockets/baileys";
import { node } from "../wire/nodes.ts";
import type { Answer, Query } from "./query.ts";

const DAY_SECONDS = 86_400;

/** Answers whether the account may write to strangers, and how many it has written to. */
export function answerMex({ world, device, child }: Query): Answer {
  const data = dataOf(child.attrs.query_id ?? "", device.phone.settings.restricted, Number(world.seconds()));
  if (data === undefined) return { error: 501, text: "feature-not-implemented" };
  return { content: [node("result", {}, Buffer.from(JSON.stringify({ data })))] };
}

function dataOf(queryId: string, restricted: boolean, now: number): unknown {
  if (queryId === QueryIds.REACHOUT_TIMELOCK)
    return {
      [XWAPaths.xwa2_fetch_account_reachout_timelock]: {
        is_active: restricted,
        time_enforcement_ends: restricted ? String(now + DAY_SECONDS) : "0",
        enforcement_type: restricted ? "RESTRICT_ALL_COMPANIONS" : "DEFAULT",
      },
    };
  if (queryId === QueryIds.MESSAGE_CAPPING_INFO)
    return {
      [XWAPaths.xwa2_message_capping_info]: { total_quota: 1000, used_quota: 0, capping_status: "NONE" },
    };
  return undefined;
}
