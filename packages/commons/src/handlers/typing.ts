// Shows the customer that the message was read and that an answer is being written.
import type { StartedTurn } from "../db/turns.ts";
import { toError } from "../errors.ts";
import type { HandlerContext } from "./handler.ts";

/** Meta dismisses the indicator after 25 seconds; it is shown anew before. */
const REPEAT_MS = 20_000;

/**
 * Marks the last message of a turn as read and shows that somebody is typing, again and again until it is told to
 * stop. A courtesy: what goes wrong here is logged and costs the turn nothing.
 * @returns a function that stops it
 */
export function showTyping(turn: StartedTurn, shard: number, context: HandlerContext): () => void {
  const stopped = new AbortController();
  const show = async () => {
    const last = turn.messages.at(-1);
    if (last === undefined) return;
    try {
      const account = await context.accounts.get(shard, turn.account.id);
      if (stopped.signal.aborted) return;
      await context.provider(account.provider).markRead({
        account,
        messageId: last.provider_message_id,
        typing: true,
        correlationId: turn.correlation_id,
        signal: AbortSignal.any([stopped.signal, AbortSignal.timeout(5_000)]),
      });
    } catch (error) {
      if (!stopped.signal.aborted)
        context.log.warn("read mark and typing indicator failed", {
          turnId: turn.turn_id,
          correlationId: turn.correlation_id,
          error: toError(error),
        });
    }
  };
  void show();
  const timer = setInterval(() => void show(), REPEAT_MS);
  return () => {
    clearInterval(timer);
    stopped.abort();
  };
}
