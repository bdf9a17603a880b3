// The messages of one chat: day by day, the latest at the bottom and in sight.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { MessageView } from "../types.ts";
import { Bubble } from "./bubble.ts";
import { plain } from "./format.ts";
import { avatar, icon } from "./icons.ts";
import { business, customer, numbers, send, thread } from "./store.ts";
import { dayName } from "./time.ts";

const starters = ["What are your opening hours?", "Do you have vegan dishes?", "I'd like to talk to a person"];
const NEAR_PX = 120;

/** The messages, the typing dots, and the hint of an empty chat. */
export function Chat(): VNode {
  const who = customer.value;
  const all = thread(who?.key ?? "").value;
  const shown = all?.filter(
    (message) => numbers.value.length < 2 || message.phone_number_id === business.value?.phone_number_id,
  );
  const typing = who?.typing_until !== undefined;
  const scroll = useAutoScroll(shown?.at(-1), typing);
  return html`<div class="chat-area">
    <div class="chat" ref=${scroll.ref} onScroll=${scroll.onScroll} tabindex="0" role="log" aria-label="Messages" aria-live="off">
      ${shown !== undefined && shown.length === 0 && html`<${Welcome} />`}
      ${shown !== undefined && html`<${Messages} messages=${shown} />`}
      ${typing && html`<div class="bubble-row out"><div class="bubble typing" data-testid="typing" role="status" aria-label="typing"><i></i><i></i><i></i></div></div>`}
    </div>
    ${
      scroll.away.value &&
      html`<button type="button" class="to-end" aria-label="To the latest message" onClick=${scroll.toEnd}>${icon("down")}</button>`
    }
    <${Announcer} last=${shown?.findLast((message) => message.direction === "out")} />
  </div>`;
}

function Messages({ messages }: { readonly messages: readonly MessageView[] }): VNode {
  const reactions = Map.groupBy(
    messages.filter((message) => message.type === "reaction"),
    (message) => message.context_id ?? "",
  );
  const byId = new Map(messages.map((message) => [message.id, message]));
  const answers = new Map(messages.filter(isChoice).map((message) => [message.context_id ?? "", message]));
  let day = "";
  let previous: MessageView | undefined;
  return html`${messages
    .filter((message) => message.type !== "reaction")
    .map((message) => {
      const name = dayName(new Date(message.at));
      const newDay = name !== day;
      const first = newDay || previous?.direction !== message.direction;
      day = name;
      previous = message;
      return html`${newDay && html`<div class="day" key=${`day ${name}`}><span>${name}</span></div>`}
        <${Bubble} key=${message.id} message=${message} first=${first} reactions=${reactions.get(message.id) ?? []}
          quoted=${byId.get(message.context_id ?? "")} answer=${answers.get(message.id)} />`;
    })}`;
}

function Welcome(): VNode {
  const name = business.value?.verified_name ?? "the business";
  return html`<div class="welcome">
    ${avatar(name, business.value?.phone_number_id ?? "", 72)}
    <h3>Say hello to ${name}</h3>
    <p>This is ${customer.value?.name}'s phone. What you write here travels the real way: a signed webhook goes out, and the answer comes back over the Graph API.</p>
    <ul>${starters.map(
      (text) =>
        html`<li><button type="button" class="starter" data-testid="starter" onClick=${() => send({ type: "text", text })}>${text}</button></li>`,
    )}</ul>
  </div>`;
}

/** Reads new answers out to screen readers; those that were there at the start are not read. */
function Announcer({ last }: { readonly last: MessageView | undefined }): VNode {
  const spoken = useSignal("");
  const seen = useRef<string | undefined>(last?.id);
  useEffect(() => {
    if (last === undefined || last.id === seen.current) return;
    seen.current = last.id;
    spoken.value = `${business.value?.verified_name ?? ""}: ${plain(last.text ?? last.type)}`;
  }, [last?.id]);
  return html`<div class="unseen" aria-live="polite">${spoken.value}</div>`;
}

function useAutoScroll(last: MessageView | undefined, typing: boolean) {
  const ref = useRef<HTMLDivElement>(null);
  const away = useSignal(false);
  const stick = useRef(true);
  const lastTop = useRef(0);
  const toEnd = () => ref.current?.scrollTo({ top: ref.current.scrollHeight, behavior: "smooth" });
  const onScroll = () => {
    const box = ref.current;
    if (box === null) return;
    // Only a scroll upwards is the reader's wish; below a picture that has just loaded, the end moves by itself.
    if (box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX) stick.current = true;
    else if (box.scrollTop < lastTop.current - 2) stick.current = false;
    lastTop.current = box.scrollTop;
    away.value = !stick.current;
  };
  useLayoutEffect(() => {
    const box = ref.current;
    if (box !== null && (stick.current || last?.direction === "in")) box.scrollTop = box.scrollHeight;
  }, [last?.id, typing]);
  useEffect(() => {
    const box = ref.current;
    if (box === null) return undefined;
    // Pictures that arrive late, and a keyboard that opens, must not hide the end.
    const follow = () => {
      if (stick.current) box.scrollTop = box.scrollHeight;
    };
    const observer = new ResizeObserver(follow);
    observer.observe(box);
    box.addEventListener("load", follow, true);
    return () => observer.disconnect();
  }, []);
  return { ref, away, toEnd, onScroll };
}

function isChoice(message: MessageView): boolean {
  return message.direction === "in" && ["interactive", "button", "contacts"].includes(message.type);
}
