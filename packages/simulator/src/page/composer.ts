// Where the customer writes: text, emoji, and what the menu of attachments has.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Attach } from "./attach.ts";
import { plain } from "./format.ts";
import { icon } from "./icons.ts";
import { business, replyTo, send } from "./store.ts";

const emoji = [..."😀😅😂🙂😍😎🤔😢😡👍👎👋🙏👏💪❤️🔥🎉☀️🌙🍕🥗🍷☕🎂📍📞🕐"].filter((char) => char !== "\ufe0f");

/** The row at the bottom of the phone. Enter sends, Shift+Enter begins a new line. */
export function Composer(): VNode {
  const draft = useSignal("");
  const open = useSignal<"none" | "attach" | "emoji">("none");
  const input = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (matchMedia("(pointer: fine)").matches) input.current?.focus();
    const close = () => (open.value = "none");
    document.addEventListener("click", close);
    return () => document.removeEventListener("click", close);
  }, []);
  useEffect(() => {
    if (replyTo.value !== null) input.current?.focus();
  }, [replyTo.value?.id]);
  useEffect(() => {
    const box = input.current;
    if (box === null) return;
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight, 132)}px`;
  }, [draft.value]);
  const submit = () => {
    const text = draft.value.trim();
    input.current?.focus();
    if (text === "") return;
    const quoted = replyTo.value?.id;
    send({ type: "text", text, ...(quoted === undefined ? {} : { reply_to: quoted }) });
    draft.value = "";
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  };
  const toggle = (name: "attach" | "emoji") => (open.value = open.value === name ? "none" : name);
  return html`<form class="composer" onSubmit=${(event: Event) => {
    event.preventDefault();
    submit();
  }} onClick=${(event: Event) => event.stopPropagation()}>
    <${ReplyBar} />
    <div class="composer-row">
      <div class="menu-anchor">
        <button type="button" class="round" aria-label="Attach" aria-haspopup="menu" aria-expanded=${open.value === "attach"}
          data-testid="attach" onClick=${() => toggle("attach")}>${icon("plus")}</button>
        ${open.value === "attach" && html`<${Attach} close=${() => (open.value = "none")} />`}
      </div>
      <div class="field">
        <textarea ref=${input} rows="1" maxlength="4096" data-testid="composer" value=${draft.value} enterkeyhint="send"
          placeholder=${`Message ${business.value?.verified_name ?? ""}`} aria-label=${`Message to ${business.value?.verified_name ?? ""}`}
          onInput=${(event: Event) => {
            if (event.target instanceof HTMLTextAreaElement) draft.value = event.target.value;
          }} onKeyDown=${onKeyDown}></textarea>
        <button type="button" class="round small" aria-label="Emoji" aria-expanded=${open.value === "emoji"} onClick=${() => toggle("emoji")}>${icon("smile")}</button>
        ${
          open.value === "emoji" &&
          html`<div class="emoji-grid" role="menu" aria-label="Emoji">${emoji.map(
            (char) =>
              html`<button type="button" role="menuitem" aria-label=${char} onClick=${() => {
                draft.value += char;
                input.current?.focus();
              }}>${char}</button>`,
          )}</div>`
        }
      </div>
      <button type="submit" class="send" data-testid="send" aria-label="Send" data-ready=${draft.value.trim() !== ""}>${icon("send", 21)}</button>
    </div>
  </form>`;
}

function ReplyBar(): VNode | null {
  const quoted = replyTo.value;
  if (quoted === null) return null;
  return html`<div class="reply-bar">
    <span class="quote"><b>${quoted.direction === "in" ? "You" : business.value?.verified_name}</b><span>${plain(quoted.text ?? quoted.type)}</span></span>
    <button type="button" class="round small" aria-label="Do not answer this message" onClick=${() => (replyTo.value = null)}>${icon("close", 17)}</button>
  </div>`;
}
