// The list of phones, and how one is added.
import { html } from "htm/preact";
import type { VNode } from "preact";
import { call, type PhoneView } from "./api.ts";
import { fieldsOf } from "./fields.ts";

/** Does something and shows what goes wrong. */
export type Act = (work: () => Promise<unknown>) => Promise<void>;

type Props = {
  readonly phones: readonly PhoneView[];
  readonly selected: string | undefined;
  readonly select: (pn: string) => void;
  readonly act: Act;
};

/** All phones with how many of their devices are connected. */
export function Phones({ phones, selected, select, act }: Props): VNode {
  const add = (event: SubmitEvent) => {
    const { pn = "", name = "" } = fieldsOf(event);
    void act(async () => {
      const phone = await call<PhoneView>("POST", "/phones", { pn, ...(name === "" ? {} : { name }) });
      select(phone.pn);
    });
  };
  return html`<ul data-testid="phones">${phones.map(
    (phone) => html`<li key=${phone.pn}>
      <button type="button" class="entry" aria-pressed=${phone.pn === selected} data-testid=${`phone-${phone.pn}`} onClick=${() => select(phone.pn)}>
        ${phone.name}<small>+${phone.pn} · ${linkedText(phone)}</small>
      </button>
    </li>`,
  )}</ul>
  <form onSubmit=${add}>
    <input name="pn" required inputmode="tel" placeholder="+1 555 ..." aria-label="Phone number" />
    <input name="name" placeholder="Name" aria-label="Name" />
    <button>Add</button>
  </form>`;
}

function linkedText({ devices }: PhoneView): string {
  const connected = devices.filter((device) => device.connected).length;
  return devices.length === 0 ? "no linked device" : `${connected} of ${devices.length} linked connected`;
}
