// The menu of attachments: files from this computer, built-in samples, a place, a contact.
import { html } from "htm/preact";
import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import { type IconName, icon } from "./icons.ts";
import { attempt, replyTo, send, showToast } from "./store.ts";

const MAX_FILE = 16_000_000;
type Body = Readonly<Record<string, unknown>>;
type Item = { readonly name: string; readonly icon: IconName; readonly label: string; readonly body: Body };

const samples: readonly Item[] = [
  { name: "sample-picture", icon: "sun", label: "Sample picture", body: { type: "image" } },
  { name: "sample-voice", icon: "mic", label: "Voice message", body: { type: "voice" } },
  { name: "sample-document", icon: "file", label: "Document", body: { type: "document" } },
  { name: "sample-sticker", icon: "smile", label: "Sticker", body: { type: "sticker" } },
  {
    name: "sample-location",
    icon: "pin",
    label: "Location",
    body: { type: "location", name: "Plaça de Catalunya", address: "Barcelona" },
  },
  { name: "own-card", icon: "person", label: "My contact card", body: { type: "contacts" } },
];

/** The menu. @param props.close - called when something was chosen */
export function Attach({ close }: { readonly close: () => void }): VNode {
  const file = useRef<HTMLInputElement>(null);
  const choose = (body: Body) => {
    close();
    const quoted = replyTo.value?.id;
    send(quoted === undefined ? body : { ...body, reply_to: quoted });
  };
  const onFile = () => {
    const picked = file.current?.files?.[0];
    if (picked === undefined) return;
    if (picked.size > MAX_FILE) showToast("Files may have up to 16 MB here.");
    else void attempt(async () => choose(await bodyOf(picked)));
  };
  return html`<div class="menu up" role="menu">
    <button type="button" role="menuitem" onClick=${() => file.current?.click()}>${icon("image", 18)}File from this computer</button>
    ${samples.map(
      (item) =>
        html`<button type="button" role="menuitem" data-testid=${item.name} onClick=${() => choose(item.body)}>${icon(item.icon, 18)}${item.label}</button>`,
    )}
    <input ref=${file} type="file" data-testid="file" hidden onChange=${onFile} />
  </div>`;
}

/** The message of a file: its kind follows from its type; what is nothing else is a document. */
async function bodyOf(file: File): Promise<Body> {
  const kind = file.type.split("/")[0] ?? "";
  const type = ["image", "video", "audio"].includes(kind) ? kind : "document";
  const body = { type, data_url: await dataUrl(file) };
  return type === "document" ? { ...body, filename: file.name } : body;
}

function dataUrl(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(new Error("The file cannot be read."));
    reader.readAsDataURL(file);
  });
}
