// The chats of one phone: with whom, what was written, and where the person writes.
import { html } from "htm/preact";
import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { call, type MessageView, type PhoneView } from "./api.ts";
import { fieldsOf } from "./fields.ts";
import type { Act } from "./phones.ts";

type Props = {
  readonly phone: PhoneView;
  readonly phones: readonly PhoneView[];
  readonly messages: readonly MessageView[];
  readonly act: Act;
};

/** One phone in a person's hand. */
export function Chat({ phone, phones, messages, act }: Props): VNode {
  const others = phones.filter(({ pn }) => pn !== phone.pn);
  const groups = [...new Set(messages.map(({ chat }) => chat).filter((chat) => chat.endsWith("@g.us")))];
  const [chosen, choose] = useState<string | undefined>(messages.at(-1)?.chat);
  const chat = chosen ?? others[0]?.pn;
  const write = (event: SubmitEvent) => {
    const { text = "" } = fieldsOf(event);
    if (text !== "") void act(() => call("POST", `/phones/${phone.pn}/messages`, { to: chat, text }));
  };
  const nameOf = (pn: string) => phones.find((each) => each.pn === pn)?.name ?? pn;
  return html`<h1>${phone.name}'s phone</h1>
    <div class="row" role="group" aria-label="Chats">${[...others.map(({ pn }) => pn), ...groups].map(
      (each) =>
        html`<button type="button" key=${each} class=${each === chat ? "main" : ""} onClick=${() => choose(each)}>${nameOf(each)}</button>`,
    )}</div>
    <${Messages} messages=${messages.filter((message) => message.chat === chat)} nameOf=${nameOf} />
    <p class="soft" role="status" data-testid="typing">${chat !== undefined && phone.typing[chat] !== undefined ? `${nameOf(chat)} is typing` : ""}</p>
    ${chat !== undefined && html`<form onSubmit=${write}><input name="text" data-testid="composer" autocomplete="off" placeholder=${`Message ${nameOf(chat)}`} aria-label="Message" /><button class="main" data-testid="send">Send</button></form>`}`;
}

type MessagesProps = { readonly messages: readonly MessageView[]; readonly nameOf: (pn: string) => string };

function Messages({ messages, nameOf }: MessagesProps): VNode {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.scrollTo({ top: box.current.scrollHeight }), [messages.at(-1)?.id]);
  return html`<div class="chat" ref=${box} role="log" tabindex="0">${messages.map(
    (
      message,
    ) => html`<div class="bubble" key=${message.id} data-testid="bubble" data-direction=${message.direction} data-status=${message.status}>
      ${message.direction === "in" && message.chat.endsWith("@g.us") && html`<b>${nameOf(message.author)}</b>\n`}
      ${shownText(message)}<small>${Object.values(message.reactions).join("")} ${message.edited ? "edited " : ""}${timeOf(message.at)} ${message.direction === "out" ? message.status : ""}</small>
    </div>`,
  )}</div>`;
}

function shownText({ deleted, text, type }: MessageView): string {
  if (deleted) return "(deleted)";
  return text ?? `(${type.replace("Message", "")})`;
}

function timeOf(at: string): string {
  return new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}
