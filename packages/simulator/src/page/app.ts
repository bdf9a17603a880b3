// The page: customers on the left, the phone in the middle, the trace on the right.
import { html, render } from "htm/preact";
import type { VNode } from "preact";
import { AddCustomer } from "./add-customer.ts";
import { ChaosDrawer } from "./chaos-drawer.ts";
import { Customers } from "./customers.ts";
import { Help } from "./help.ts";
import { Phone } from "./phone.ts";
import { connect, listShown, panel, ready, toast } from "./store.ts";
import { TracePanel } from "./trace-panel.ts";

function App(): VNode {
  return html`<div class="desk" data-list=${listShown.value} data-panel=${panel.value} data-ready=${ready.value}>
    <${Customers} />
    <main class="stage"><${Phone} /></main>
    <${TracePanel} />
    ${panel.value === "add" && html`<${AddCustomer} />`}
    ${panel.value === "chaos" && html`<${ChaosDrawer} />`}
    ${panel.value === "help" && html`<${Help} />`}
    <div class="toast" role="alert" data-shown=${toast.value !== null}>${toast.value}</div>
  </div>`;
}

const root = document.getElementById("app");
if (root !== null) render(html`<${App} />`, root);
connect();
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && panel.value !== "none") panel.value = "none";
});
