// What the server has witnessed, in numbers; the whole record is one click away.
import { html } from "htm/preact";
import type { VNode } from "preact";
import { call, type RecordView } from "./api.ts";
import type { Act } from "./phones.ts";

/** The numbers that should be zero, and how much was delivered. */
export function Witness({ record, act }: { readonly record: RecordView | undefined; readonly act: Act }): VNode {
  const count = (name: keyof RecordView) => record?.[name].length ?? 0;
  const line = (name: keyof RecordView, text: string) =>
    html`<li class=${count(name) > 0 ? "alarm" : "soft"} data-testid=${name}>${count(name)} ${text}</li>`;
  return html`<h1>Record</h1>
    <ul>
      <li class="soft">${count("deliveries")} messages of clients arrived at phones</li>
      ${line("overlaps", "times two sockets of a device at once")}
      ${line("duplicates", "messages sent twice")}
      ${line("problems", "broken stanzas")}
    </ul>
    <div class="row"><a href="/record">Whole record</a>
      <button type="button" onClick=${() => act(() => call("DELETE", "/record"))}>New record</button></div>`;
}
