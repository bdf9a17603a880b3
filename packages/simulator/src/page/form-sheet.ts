// The sheet of a flow: a form of free JSON, because what a flow asks for is known to its maker only.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { icon } from "./icons.ts";
import { fields, text } from "./payload.ts";
import { openForm, send } from "./store.ts";

const EXAMPLE = JSON.stringify({ people: 4, day: "Friday" }, null, 2);

/** The form that is open; nothing when none is. */
export function FormSheet(): VNode | null {
  const answer = useSignal(EXAMPLE);
  const problem = useSignal("");
  const first = useRef<HTMLTextAreaElement>(null);
  const message = openForm.value;
  useEffect(() => first.current?.focus(), [message?.id]);
  if (message === null) return null;
  const parameters = fields(fields(fields(message.payload).action).parameters);
  const title =
    text(parameters.flow_cta) || message.template?.buttons.find(({ type }) => type === "FLOW")?.text || "Form";
  const close = () => {
    openForm.value = null;
    problem.value = "";
  };
  const submit = (event: Event) => {
    event.preventDefault();
    const response = objectOf(answer.value);
    if (response === undefined) {
      problem.value = 'The answer must be a JSON object, such as {"people": 4}.';
      return;
    }
    send({ type: "flow", response, message_id: message.id });
    close();
  };
  return html`<div class="sheet-back" onClick=${close}></div>
    <form class="sheet" role="dialog" aria-modal="true" aria-label=${title} data-testid="flow-form" onSubmit=${submit}
      onKeyDown=${(event: KeyboardEvent) => event.key === "Escape" && close()}>
      <header><h3>${title}</h3>
        <button type="button" class="round" aria-label="Close" onClick=${close}>${icon("close")}</button></header>
      <label class="form-field">What the customer fills in, as JSON
        <textarea ref=${first} rows="6" spellcheck="false" data-testid="flow-answer" value=${answer.value}
          onInput=${(event: Event) => {
            if (event.target instanceof HTMLTextAreaElement) answer.value = event.target.value;
          }}></textarea></label>
      <p class="problem" role="alert">${problem.value}</p>
      <button type="submit" class="primary" data-testid="flow-send">Send</button>
    </form>`;
}

function objectOf(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? fields(value) : undefined;
  } catch {
    return undefined;
  }
}
