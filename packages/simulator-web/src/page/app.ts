// The page: phones on the left, the chats of one of them in the middle, its linked devices and the record on the right.
// It asks the server once a second while it is in sight.
import { html, render } from "htm/preact";
import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { call, type MessageView, type PhoneView, type RecordView } from "./api.ts";
import { Chat } from "./chat.ts";
import { Linking } from "./linking.ts";
import { Phones } from "./phones.ts";
import { Witness } from "./witness.ts";

const LOOK_MS = 1000;
type Seen = {
  readonly phones: readonly PhoneView[];
  readonly messages: readonly MessageView[];
  readonly record: RecordView | undefined;
};
const NOTHING: Seen = { phones: [], messages: [], record: undefined };

function App(): VNode {
  const [selected, select] = useState<string | undefined>(undefined);
  const [seen, setSeen] = useState(NOTHING);
  const [problem, setProblem] = useState("");
  const look = () => (document.hidden ? Promise.resolve() : read(selected).then(setSeen));
  const act = (work: () => Promise<unknown>) =>
    work()
      .then(() => setProblem(""))
      .then(look)
      .catch((error: unknown) => setProblem(error instanceof Error ? error.message : String(error)));
  useEffect(() => {
    void act(look);
    const timer = setInterval(() => void look().catch(() => undefined), LOOK_MS);
    return () => clearInterval(timer);
  }, [selected]);
  const phone = seen.phones.find(({ pn }) => pn === selected);
  return html`<div class="desk">
    <section class="column" aria-label="Phones">
      <h1>WhatsApp Web simulator</h1>
      <${Phones} phones=${seen.phones} selected=${selected} select=${select} act=${act} />
      <p class="alarm" role="alert" data-testid="problem">${problem}</p>
    </section>
    <main class="column">
      ${phone === undefined ? html`<p class="soft">Choose a phone, or add one.</p>` : html`<${Chat} key=${phone.pn} phone=${phone} phones=${seen.phones} messages=${seen.messages} act=${act} />`}
    </main>
    <section class="column" aria-label="Linked devices">
      ${phone !== undefined && html`<${Linking} key=${phone.pn} phone=${phone} act=${act} />`}
      <${Witness} record=${seen.record} act=${act} />
    </section>
  </div>`;
}

async function read(selected: string | undefined): Promise<Seen> {
  const [phones, record, messages] = await Promise.all([
    call<readonly PhoneView[]>("GET", "/phones"),
    call<RecordView>("GET", "/record"),
    selected === undefined ? [] : call<readonly MessageView[]>("GET", `/phones/${selected}/messages`),
  ]);
  return { phones, record, messages };
}

const root = document.getElementById("app");
if (root !== null) render(html`<${App} />`, root);
