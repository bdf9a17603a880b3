// What the page knows, as signals, and how it stays up to date: one stream of events, and a few calls.
import { computed, type Signal, signal } from "@preact/signals";
import type { ChaosPatch, ChaosSettings } from "../chaos.ts";
import type { PageEvent } from "../events.ts";
import type { CustomerView, MessageView, NumberView, TraceView } from "../types.ts";
import { CallError, call } from "./api.ts";

/** Which overlay is open besides the chat. */
export type Panel = "none" | "add" | "chaos" | "trace" | "help";
type Hello = {
  readonly client: string;
  readonly numbers: readonly NumberView[];
  readonly customers: readonly CustomerView[];
  readonly chaos: ChaosSettings;
};

const LOADED = 400;

export const online = signal(false);
export const ready = signal(false);
export const numbers = signal<readonly NumberView[]>([]);
export const numberId = signal<string | null>(null);
export const customers = signal<ReadonlyMap<string, CustomerView>>(new Map());
export const selected = signal<string | null>(null);
export const chaos = signal<ChaosSettings | null>(null);
export const traces = signal<ReadonlyMap<string, TraceView>>(new Map());
export const panel = signal<Panel>("none");
/** On a narrow screen: the list of customers instead of the chat. */
export const listShown = signal(false);
export const toast = signal<string | null>(null);
/** The message that the next text answers. */
export const replyTo = signal<MessageView | null>(null);

/** The list message whose rows are shown. */
export const openList = signal<MessageView | null>(null);

/** The message whose form (flow) is filled in. */
export const openForm = signal<MessageView | null>(null);

/** The customer whose chat is shown. */
export const customer = computed(() => customers.value.get(selected.value ?? ""));
/** The business number that is written to. */
export const business = computed(
  () => numbers.value.find((number) => number.phone_number_id === numberId.value) ?? numbers.value[0],
);
/** Customers, the one with the latest message first. */
export const customersByActivity = computed(() =>
  [...customers.value.values()].sort((a, b) => activity(b).localeCompare(activity(a))),
);
/** How many switches of chaos are on. */
export const chaosCount = computed(() => (chaos.value === null ? 0 : activeSwitches(chaos.value).length));

const threads = new Map<string, Signal<readonly MessageView[] | undefined>>();
let client = "";
let sending: Promise<unknown> = Promise.resolve();

/** The messages of a customer; undefined until they are loaded. */
export function thread(key: string): Signal<readonly MessageView[] | undefined> {
  const known = threads.get(key);
  if (known !== undefined) return known;
  const fresh = signal<readonly MessageView[] | undefined>(undefined);
  threads.set(key, fresh);
  return fresh;
}

/** Opens the stream; it opens itself again when it breaks. */
export function connect(): void {
  const events = new EventSource("/events");
  events.addEventListener("hello", (event) => {
    const hello: Hello = JSON.parse(event.data);
    client = hello.client;
    online.value = true;
    takeAll(hello);
  });
  events.addEventListener("changes", (event) => {
    const changes: readonly PageEvent[] = JSON.parse(event.data);
    for (const change of changes) apply(change);
  });
  events.addEventListener("error", () => {
    online.value = false;
  });
}

/** Shows a customer's chat. */
export function select(key: string): void {
  selected.value = key;
  listShown.value = false;
  replyTo.value = null;
  openList.value = null;
  openForm.value = null;
  void attempt(() => load(key));
}

/** Sends a message from the customer's phone; messages keep the order in which they were tapped. */
export function send(body: Readonly<Record<string, unknown>>): void {
  const key = selected.value;
  if (key === null) return;
  const to = business.value?.phone_number_id;
  replyTo.value = null;
  sending = sending.then(() => attempt(() => call("POST", messagesPath(key), { body: { ...body, to } })));
}

/** Adds a customer and shows the chat. */
export async function addCustomer(body: Readonly<Record<string, unknown>>): Promise<void> {
  const added = await call<CustomerView>("POST", "/phones", { body: { ...body, auto_read: false } });
  put(added);
  panel.value = "none";
  select(added.key);
}

/** Empties the chat that is shown. */
export function clearChat(): void {
  const key = selected.value;
  if (key !== null) void attempt(() => call("DELETE", messagesPath(key)));
}

/** Removes the customer whose chat is shown. */
export function removeCustomer(): void {
  const key = selected.value;
  if (key !== null) void attempt(() => call("DELETE", `/phones/${encodeURIComponent(key)}`));
}

/** Whether the customer of the chat has stopped the marketing messages of the business. */
export const stopped = computed(() => customer.value?.stopped.includes(business.value?.waba_id ?? "") === true);

/** The customer stops the marketing messages of the business, or wants them again. */
export function setMarketing(value: "stop" | "resume"): void {
  const key = selected.value;
  const body = { value, phone_number_id: business.value?.phone_number_id };
  if (key !== null) void attempt(() => call("POST", `/phones/${encodeURIComponent(key)}/marketing`, { body }));
}

/** Changes chaos; `null` switches everything off. */
export function changeChaos(patch: ChaosPatch | null): void {
  void attempt(async () => {
    chaos.value =
      patch === null
        ? await call<ChaosSettings>("DELETE", "/chaos")
        : await call<ChaosSettings>("POST", "/chaos", { body: patch });
  });
}

/** The names of the switches that are on. */
export function activeSwitches(settings: ChaosSettings): string[] {
  const { graph } = settings;
  const on: Readonly<Record<string, boolean>> = {
    duplicate: settings.duplicate > 0,
    reorder: settings.reorder,
    delay: settings.delayMs.max > 0,
    drop: settings.dropProbability > 0,
    batch: settings.batch.size > 1,
    statuses: settings.statusOrder !== "normal",
    early: settings.statusBeforeAnswer,
    badfiles: settings.media.html,
    refuse: graph.refuseProbability > 0,
    errors: graph.errorCode !== null && graph.count !== 0 && graph.probability > 0,
    latency: graph.latencyMs > 0,
    hang: graph.hangProbability > 0,
    later: graph.laterErrorCode !== null && graph.laterProbability > 0,
  };
  return Object.keys(on).filter((name) => on[name]);
}

/** Runs an action and shows what went wrong. */
export async function attempt(action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (error) {
    showToast(error instanceof CallError ? error.message : String(error));
  }
}

/** Shows a short notice for a few seconds. */
export function showToast(text: string): void {
  toast.value = text;
  setTimeout(() => {
    if (toast.value === text) toast.value = null;
  }, 5_000);
}

async function load(key: string): Promise<void> {
  const opened = call("POST", "/page/open", { body: { client, customer: key } });
  const [messages, trace] = await Promise.all([
    call<readonly MessageView[]>("GET", `${messagesPath(key)}?limit=${LOADED}`),
    call<TraceView | null>("GET", `/phones/${encodeURIComponent(key)}/trace`),
    opened,
  ]);
  thread(key).value = messages;
  if (trace !== null) traces.value = new Map(traces.value).set(key, trace);
}

function takeAll(hello: Hello): void {
  numbers.value = hello.numbers;
  chaos.value = hello.chaos;
  customers.value = new Map(hello.customers.map((item) => [item.key, item]));
  for (const [key, messages] of threads) if (key !== selected.value) messages.value = undefined;
  ready.value = true;
  const wanted = selected.value ?? new URLSearchParams(location.hash.slice(1)).get("customer");
  const key = wanted !== null && customers.value.has(wanted) ? wanted : hello.customers[0]?.key;
  if (key !== undefined) select(key);
}

function apply(change: PageEvent): void {
  switch (change.kind) {
    case "customer":
      put(change.customer);
      return;
    case "message":
      putMessage(change.customer, change.message);
      return;
    case "typing":
      setTyping(change.customer, change.until);
      return;
    case "cleared":
      clear(change.customer, change.removed);
      return;
    case "trace":
      traces.value = new Map(traces.value).set(change.trace.customer, change.trace);
      return;
    case "numbers":
      numbers.value = change.numbers;
      return;
    case "chaos":
      chaos.value = change.chaos;
      return;
    case "resync":
      void attempt(resync);
  }
}

async function resync(): Promise<void> {
  const [list, settings] = await Promise.all([
    call<readonly CustomerView[]>("GET", "/phones"),
    call<ChaosSettings>("GET", "/chaos"),
  ]);
  const latest = new Map([...traces.value].filter(([key]) => list.some((item) => item.key === key)));
  traces.value = list.every((item) => item.last_message === undefined) ? new Map() : latest;
  takeAll({ client, numbers: numbers.value, customers: list, chaos: settings });
}

function put(view: CustomerView): void {
  customers.value = new Map(customers.value).set(view.key, view);
}

function putMessage(key: string, message: MessageView): void {
  const messages = thread(key);
  if (messages.value === undefined) return;
  const at = messages.value.findLastIndex((item) => item.id === message.id);
  messages.value = at === -1 ? [...messages.value, message] : messages.value.with(at, message);
}

function setTyping(key: string, until: string | null): void {
  const view = customers.value.get(key);
  if (view === undefined) return;
  const { typing_until: _ended, ...rest } = view;
  put(until === null ? rest : { ...rest, typing_until: until });
}

function clear(key: string, removed: boolean): void {
  thread(key).value = removed ? undefined : [];
  traces.value = new Map([...traces.value].filter(([other]) => other !== key));
  if (!removed) return;
  customers.value = new Map([...customers.value].filter(([other]) => other !== key));
  const next = customersByActivity.value[0]?.key;
  if (selected.value !== key) return;
  if (next === undefined) selected.value = null;
  else select(next);
}

function activity(view: CustomerView): string {
  return view.last_message?.at ?? view.created_at;
}

function messagesPath(key: string): string {
  return `/phones/${encodeURIComponent(key)}/messages`;
}
