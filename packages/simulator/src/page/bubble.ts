// One bubble: the message, its time and ticks, reactions, what it answers, and the buttons that can be tapped.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import type { VNode } from "preact";
import type { MessageView } from "../types.ts";
import { Body } from "./body.ts";
import { isBigEmoji, plain } from "./format.ts";
import { icon, ticks } from "./icons.ts";
import { Actions } from "./interactive.ts";
import { business, customer, replyTo, send } from "./store.ts";
import { clockTime, exactTime } from "./time.ts";

const quick = ["👍", "❤️", "😂", "😮", "🙏"];

/** What a bubble is made of. `first`: the first of a row of messages from the same side. */
export type BubbleProps = {
  readonly message: MessageView;
  readonly first: boolean;
  readonly reactions: readonly MessageView[];
  readonly quoted: MessageView | undefined;
  /** The customer's choice, when the buttons or the list of this message were used. */
  readonly answer: MessageView | undefined;
};

/** One bubble. */
export function Bubble(props: BubbleProps): VNode {
  const { message, first, quoted, answer } = props;
  const own = message.direction === "in";
  const big = message.type === "text" && isBigEmoji(message.text ?? "");
  const emoji = shownReactions(props.reactions);
  return html`<div class="bubble-row ${message.direction}" data-first=${first} data-reacted=${emoji.length > 0}>
    <div class="bubble-stack">
      <article class="bubble ${big ? "big" : ""}" data-testid="bubble" data-direction=${message.direction}
        data-type=${message.type} data-status=${message.status} data-id=${message.id}
        aria-label=${`${own ? "You" : business.value?.verified_name}, ${clockTime(new Date(message.at))}`}>
        ${quoted !== undefined && html`<${Quote} message=${quoted} />`}
        <${Body} message=${message} />
        <${Foot} message=${message} />
      </article>
      ${!own && html`<${Actions} message=${message} answer=${answer} />`}
      ${emoji.length > 0 && html`<span class="reactions" data-testid="reactions">${emoji.join("")}</span>`}
    </div>
    <${Tools} message=${message} />
  </div>`;
}

function Quote({ message }: { readonly message: MessageView }): VNode {
  const who = message.direction === "in" ? customer.value?.name : business.value?.verified_name;
  return html`<blockquote class="quote"><b>${who}</b><span>${plain(message.text ?? message.type)}</span></blockquote>`;
}

function Foot({ message }: { readonly message: MessageView }): VNode {
  const at = new Date(message.at);
  const order = message.order === undefined ? "" : ` · arrival ${message.order}`;
  return html`<span class="foot" title=${`${exactTime(at)}${order}`}>
    <time datetime=${message.at}>${clockTime(at)}</time>
    ${message.direction === "in" && html`<span class="tick" data-status=${message.status} role="img" aria-label=${message.status}>${ticks(message.status !== "sent")}</span>`}
    ${message.status === "failed" && html`<span class="failed" title=${`Failed with ${message.error_code}`}>${icon("warn", 13)}</span>`}
  </span>`;
}

/** What can be done with a message: answer it, react to it. */
function Tools({ message }: { readonly message: MessageView }): VNode {
  const open = useSignal(false);
  const react = (emoji: string) => {
    open.value = false;
    send({ type: "reaction", message_id: message.id, emoji });
  };
  return html`<div class="tools" data-open=${open.value}>
    ${
      open.value
        ? html`<div class="react-choice">${quick.map(
            (emoji) =>
              html`<button type="button" aria-label=${`React with ${emoji}`} onClick=${() => react(emoji)}>${emoji}</button>`,
          )}<button type="button" aria-label="Take the reaction back" onClick=${() => react("")}>${icon("close", 15)}</button></div>`
        : html`<button type="button" aria-label="Answer this message" title="Answer"
              onClick=${() => (replyTo.value = message)}>${icon("reply", 16)}</button>
            <button type="button" aria-label="React" title="React" onClick=${() => (open.value = true)}>${icon("smile", 16)}</button>`
    }
  </div>`;
}

/** One reaction from each side; an empty one takes the former back. */
function shownReactions(reactions: readonly MessageView[]): string[] {
  const latest = new Map(reactions.map((reaction) => [reaction.direction, reaction.text ?? ""]));
  return [...latest.values()].filter((emoji) => emoji !== "");
}
