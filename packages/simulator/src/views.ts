// What the outside is shown: plain JSON of messages, customers and numbers, in the spelling of the API.
import type { State } from "./state.ts";
import type {
  BusinessNumber,
  Content,
  Customer,
  CustomerView,
  MessageView,
  NumberView,
  PhoneMessage,
} from "./types.ts";

/** A message as the API shows it; `text` is what a person would read, whatever the type. */
export function messageView(message: PhoneMessage): MessageView {
  const text = message.rendered?.body ?? readableText(message.type, message.content);
  return {
    id: message.id,
    phone_number_id: message.phoneNumberId,
    direction: message.direction,
    type: message.type,
    ...(text === undefined ? {} : { text }),
    payload: message.content[message.type] ?? message.content,
    at: new Date(message.at).toISOString(),
    ...(message.order === undefined ? {} : { order: message.order }),
    status: message.status,
    ...(message.errorCode === undefined ? {} : { error_code: message.errorCode }),
    ...(message.contextId === undefined ? {} : { context_id: message.contextId }),
    ...(message.callbackData === undefined ? {} : { biz_opaque_callback_data: message.callbackData }),
    ...(message.rendered === undefined ? {} : { template: message.rendered }),
  };
}

/** A customer as the API shows it. */
export function customerView(state: State, customer: Customer): CustomerView {
  const thread = state.thread(customer.key);
  const last = thread.at(-1);
  return {
    key: customer.key,
    ...(customer.phone === undefined ? {} : { phone: customer.phone }),
    bsuid: customer.bsuid,
    name: customer.name,
    ...(customer.username === undefined ? {} : { username: customer.username }),
    auto_read: customer.autoRead,
    created_at: new Date(customer.createdAt).toISOString(),
    unread: unreadCount(thread),
    ...(customer.typingUntil > Date.now() ? { typing_until: new Date(customer.typingUntil).toISOString() } : {}),
    stopped: [...customer.stopped],
    ...(last === undefined ? {} : { last_message: messageView(last) }),
  };
}

/** A business number as the API shows it, without its token. */
export function numberView(number: BusinessNumber): NumberView {
  return {
    phone_number_id: number.phoneNumberId,
    waba_id: number.wabaId,
    display_phone_number: number.displayPhoneNumber,
    verified_name: number.verifiedName,
  };
}

function unreadCount(thread: readonly PhoneMessage[]): number {
  let unread = 0;
  for (let index = thread.length - 1; index >= 0 && unread < 100; index -= 1) {
    const message = thread[index];
    if (message === undefined || message.direction === "in") break;
    if (message.status === "read") break;
    if (message.type !== "reaction") unread += 1;
  }
  return unread;
}

function readableText(type: string, content: Content): string | undefined {
  const body = record(content[type]);
  if (type === "text") return string(body.body);
  if (type === "reaction") return string(body.emoji);
  if (type === "button") return string(body.text);
  if (type === "template") return `Template ${string(body.name) ?? ""}`;
  if (type === "location") return string(body.name);
  if (type === "interactive") {
    const reply = record(body.button_reply ?? body.list_reply);
    const flow = record(body.nfm_reply);
    return string(reply.title) ?? string(flow.body) ?? string(record(body.body).text);
  }
  if (type === "contacts") return contactName(content.contacts);
  return string(body.caption) ?? string(body.filename);
}

function contactName(contacts: unknown): string | undefined {
  return Array.isArray(contacts) ? string(record(record(contacts[0]).name).formatted_name) : undefined;
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  // SAFETY: every object can be read by string keys; the values stay unknown.
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function string(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
