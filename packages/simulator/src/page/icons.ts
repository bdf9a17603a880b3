// The page's drawings: small SVGs in the colour of the text around them.
import { html } from "htm/preact";
import type { VNode } from "preact";

const paths = {
  send: "M4.5 12 3.6 4.7c-.1-.9.8-1.6 1.6-1.2l15.2 7.4c.9.4.9 1.7 0 2.1L5.2 20.5c-.8.4-1.7-.3-1.6-1.2L4.5 12Zm0 0h7.5",
  plus: "M12 5v14M5 12h14",
  back: "M15 5l-7 7 7 7",
  close: "M6 6l12 12M18 6 6 18",
  list: "M5 7h14M5 12h14M5 17h9",
  image:
    "M5 5h14a1.5 1.5 0 0 1 1.5 1.5v11A1.5 1.5 0 0 1 19 19H5a1.5 1.5 0 0 1-1.5-1.5v-11A1.5 1.5 0 0 1 5 5Zm-1 11.5 4.6-4.4a1.5 1.5 0 0 1 2.1 0l5.8 5.9M13.5 15l2-1.9a1.5 1.5 0 0 1 2.1 0l2.6 2.5M15.5 9.3v.01",
  sun: "M12 8.2a3.8 3.8 0 1 1 0 7.6 3.8 3.8 0 0 1 0-7.6ZM12 2.8v1.6M12 19.6v1.6M4.2 12H2.8M21.2 12h-1.4M6.5 6.5l-1-1M18.5 18.5l-1-1M17.5 6.5l1-1M5.5 18.5l1-1",
  pin: "M12 21s7-6.1 7-11.2A7 7 0 0 0 5 9.8C5 14.9 12 21 12 21Zm0-8.6a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4Z",
  file: "M7 3.5h7l4.5 4.5v11A1.5 1.5 0 0 1 17 20.5H7A1.5 1.5 0 0 1 5.5 19V5A1.5 1.5 0 0 1 7 3.5Zm6.5.2V8.5h4.8",
  person: "M12 11.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20.5a7.5 7.5 0 0 1 15 0",
  smile: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM8.4 14a4.2 4.2 0 0 0 7.2 0M9 9.6v.01M15 9.6v.01",
  reply: "M9.5 6 4 11.5 9.5 17M4.5 11.5H14a6 6 0 0 1 6 6V19",
  bolt: "M13 2.8 5.2 13.2h5.6L10.4 21.2 18.8 10h-6L13 2.8Z",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Zm0-14v5l3.2 2",
  pulse: "M3 12.5h4l2.5-7 4.5 13 2.8-6H21",
  trash: "M5 7h14M10 7V4.5h4V7M7 7l.8 12a1.5 1.5 0 0 0 1.5 1.4h5.4a1.5 1.5 0 0 0 1.5-1.4L17 7",
  more: "M12 5.5v.1M12 12v.1M12 18.5v.1",
  down: "M6 9l6 6 6-6",
  link: "M14 5h5v5M19 5l-8 8M17 14v4.5a.5.5 0 0 1-.5.5h-11a.5.5 0 0 1-.5-.5v-11a.5.5 0 0 1 .5-.5H10",
  tick: "M5 12.6l4.4 4.4L19 7.4",
  mic: "M12 3.5a2.8 2.8 0 0 1 2.8 2.8v5a2.8 2.8 0 0 1-5.6 0v-5A2.8 2.8 0 0 1 12 3.5ZM6 11.2a6 6 0 0 0 12 0M12 17.2v3.3M9 20.5h6",
  phone:
    "M6.5 4h2.8l1.4 4-2 1.5a11 11 0 0 0 5.8 5.8l1.5-2 4 1.4v2.8a2 2 0 0 1-2.2 2A16.5 16.5 0 0 1 4.5 6.2a2 2 0 0 1 2-2.2Z",
  copy: "M9 9h10.5v10.5H9ZM5 15V5h10",
  form: "M5 4.5h14v15H5ZM8.5 9h7M8.5 12.5h7M8.5 16h4",
  help: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM9.6 9.5a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.2.9-1.2 1.8M12 16.5v.01",
  warn: "M12 8.5v4.2M12 16.2v.01M12 3.5l9 16H3l9-16Z",
} as const;

/** Names of the drawings. */
export type IconName = keyof typeof paths;

/** A drawing; screen readers skip it. */
export function icon(name: IconName, size = 20): VNode {
  return html`<svg class="icon" width=${size} height=${size} viewBox="0 0 24 24" fill="none" stroke="currentColor"
    stroke-width=${name === "more" ? 2.6 : 1.8} stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d=${paths[name]} /></svg>`;
}

/** One or two ticks, as small as the time beside them. */
export function ticks(two: boolean): VNode {
  return html`<svg class="ticks" width="17" height="11" viewBox="0 0 17 11" fill="none" stroke="currentColor"
    stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
    <path d=${two ? "M1 6l3 3.2L10.6 1.6M7.6 8.4l.9.8L15.4 1.6" : "M4 6l3 3.2L13.6 1.6"} /></svg>`;
}

/** The mark of Switchboard: a cord between two jacks. */
export function mark(): VNode {
  return html`<svg class="mark" width="34" height="34" viewBox="0 0 32 32" aria-hidden="true">
    <rect width="32" height="32" rx="10" fill="var(--accent)" />
    <path d="M10 22c0-9 12-3 12-12" fill="none" stroke="#fff" stroke-width="2.4" stroke-linecap="round" />
    <circle cx="10" cy="22" r="3.3" fill="#ffb38a" /><circle cx="22" cy="10" r="3.3" fill="#fff" /></svg>`;
}

/** A round picture with initials; the colour follows from the key. */
export function avatar(name: string, key: string, size = 44): VNode {
  const initials = name
    .replace(/^[@+]/, "")
    .split(/\s+/)
    .map((word) => [...word][0] ?? "")
    .slice(0, 2)
    .join("")
    .toUpperCase();
  let hash = 0;
  for (const char of key) hash = (hash * 31 + char.charCodeAt(0)) % 360;
  return html`<span class="avatar" aria-hidden="true"
    style=${`--hue:${hash};width:${size}px;height:${size}px;font-size:${Math.round(size * 0.37)}px`}>${initials}</span>`;
}
