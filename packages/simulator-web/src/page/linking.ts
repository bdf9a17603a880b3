// Linking devices without a camera: paste what the QR code says, or open the page as `/#scan=<QR text>`.
import { html } from "htm/preact";
import type { VNode } from "preact";
import { call, type PhoneView } from "./api.ts";
import { fieldsOf } from "./fields.ts";
import type { Act } from "./phones.ts";

/** The linked devices of a phone, and how another one is linked. */
export function Linking({ phone, act }: { readonly phone: PhoneView; readonly act: Act }): VNode {
  const path = `/phones/${phone.pn}`;
  const scan = (event: SubmitEvent) => {
    const { qr } = fieldsOf(event);
    void act(() => call("POST", `${path}/scan`, { qr }));
  };
  const enter = (event: SubmitEvent) => {
    const { code } = fieldsOf(event);
    void act(() => call("POST", `${path}/enter-code`, { code }));
  };
  return html`<h1>Linked devices</h1>
    <ul>${phone.devices.map(
      ({ device, platform, connected, queued }) => html`<li key=${device} class="row" data-testid="device">
        <span>${platform || "Device"} ${device}<small class="soft">${connected ? "connected" : "away"}, ${queued} unconfirmed</small></span>
        ${connected && html`<button type="button" onClick=${() => act(() => call("POST", `${path}/devices/${device}/end`, { how: "kill" }))}>Cut</button>`}
        <button type="button" onClick=${() => act(() => call("DELETE", `${path}/devices/${device}`))}>Unlink</button>
      </li>`,
    )}</ul>
    <h2>Scan a QR code</h2>
    <form onSubmit=${scan}><input name="qr" data-testid="qr" required defaultValue=${scannedText()} placeholder="Text of the QR code" aria-label="Text of the QR code" /><button class="main" data-testid="scan">Scan</button></form>
    <h2>Link with a code</h2>
    <form onSubmit=${enter}><input name="code" data-testid="code" required placeholder="ABCD-1234" aria-label="Pairing code" /><button data-testid="enter-code">Enter</button></form>`;
}

/** The QR text that a link to this page has brought along. */
function scannedText(): string {
  return new URLSearchParams(location.hash.slice(1)).get("scan") ?? "";
}
