// Webhook payloads in the form that Meta sends them: one change for a message or a status, and the envelope around changes.
import type { BusinessNumber, Content, Customer, WireStatus } from "../types.ts";

/** The `value` of a change of the field `messages`. */
export type ChangeValue = {
  readonly messaging_product: "whatsapp";
  readonly metadata: { readonly display_phone_number: string; readonly phone_number_id: string };
  readonly contacts?: readonly Content[];
  readonly messages?: readonly Content[];
  readonly statuses?: readonly Content[];
};

/** One item that is to be delivered, with the WABA that it belongs to. Without `field` it is one of `messages`. */
export type Change =
  | { readonly wabaId: string; readonly value: ChangeValue; readonly field?: undefined; readonly time?: undefined }
  | {
      readonly wabaId: string;
      readonly value: Content;
      readonly field: string;
      /** `time` of the entry in whole seconds; the entries of messages have none. */
      readonly time?: number;
    };

/**
 * A customer's message.
 * @param message - the message as it stands on the wire, without the sender
 */
export function messageChange(number: BusinessNumber, customer: Customer, message: Content): Change {
  const sender = {
    ...(customer.phone === undefined ? {} : { from: customer.phone }),
    from_user_id: customer.bsuid,
    ...(customer.parentBsuid === undefined ? {} : { from_parent_user_id: customer.parentBsuid }),
  };
  return change(number, { contacts: [contact(customer)], messages: [{ ...sender, ...message }] });
}

/** A customer stops marketing messages, or wants them again. */
export function preferenceChange(
  number: BusinessNumber,
  customer: Customer,
  facts: { readonly value: "stop" | "resume"; readonly at: number },
): Change {
  const preference = {
    ...(customer.phone === undefined ? {} : { wa_id: customer.phone }),
    user_id: customer.bsuid,
    detail: `User requested to ${facts.value} marketing messages`,
    category: "marketing_messages",
    value: facts.value,
    timestamp: Math.floor(facts.at / 1000),
  };
  const { wabaId, value } = change(number, { contacts: [contact(customer)] });
  return { wabaId, field: "user_preferences", value: { ...value, user_preferences: [preference] } };
}

/** What a status says besides the name of the status. */
export type StatusFacts = {
  readonly id: string;
  readonly status: WireStatus;
  readonly at: number;
  /** The customer; missing when nobody has that number. */
  readonly customer?: Customer;
  /** What the send was addressed to: phone digits or a BSUID. */
  readonly address: string;
  readonly addressedBy: "to" | "recipient";
  readonly callbackData?: string;
  readonly category: string;
  readonly error?: { readonly code: number; readonly title: string; readonly details: string };
};

/** A status of a business's message. Contacts come with sent, delivered and read, not with failed. */
export function statusChange(number: BusinessNumber, facts: StatusFacts): Change {
  const { customer, status } = facts;
  const failed = status === "failed";
  const phone = facts.addressedBy === "to" ? facts.address : customer?.phone;
  const bsuid = facts.addressedBy === "recipient" ? facts.address : failed ? undefined : customer?.bsuid;
  const item = {
    id: facts.id,
    status,
    timestamp: seconds(facts.at),
    ...(phone === undefined ? {} : { recipient_id: phone }),
    ...(bsuid === undefined ? {} : { recipient_user_id: bsuid }),
    ...(failed || customer?.parentBsuid === undefined ? {} : { recipient_parent_user_id: customer.parentBsuid }),
    ...(status === "sent" || status === "delivered"
      ? { pricing: { billable: true, pricing_model: "PMP", type: "regular", category: facts.category } }
      : {}),
    ...(facts.callbackData === undefined ? {} : { biz_opaque_callback_data: facts.callbackData }),
    ...(facts.error === undefined ? {} : { errors: [statusError(facts.error)] }),
  };
  return change(number, {
    ...(failed || customer === undefined ? {} : { contacts: [contact(customer)] }),
    statuses: [item],
  });
}

/**
 * The envelope around one or more changes. Neighbours of the same number and kind share one value, as in Meta's batches.
 */
export function envelope(changes: readonly Change[]): Content {
  const entries = new Map<string, Change[]>();
  for (const change of changes) {
    const key = `${change.wabaId} ${change.time ?? ""}`;
    const items = entries.get(key) ?? [];
    const last = items.at(-1);
    if (
      last?.field === undefined &&
      last !== undefined &&
      change.field === undefined &&
      mergeable(last.value, change.value)
    )
      items[items.length - 1] = { ...change, value: merged(last.value, change.value) };
    else items.push(change);
    entries.set(key, items);
  }
  return {
    object: "whatsapp_business_account",
    entry: [...entries.values()].map((items) => ({
      id: items[0]?.wabaId,
      ...(items[0]?.time === undefined ? {} : { time: items[0].time }),
      changes: items.map(({ value, field = "messages" }) => ({ value, field })),
    })),
  };
}

/** A time in ms as Meta writes it: whole seconds, as a string. */
export function seconds(at: number): string {
  return String(Math.floor(at / 1000));
}

function change(
  number: BusinessNumber,
  items: Omit<ChangeValue, "messaging_product" | "metadata">,
): { wabaId: string; value: ChangeValue } {
  const metadata = {
    display_phone_number: number.displayPhoneNumber.replace(/\D/g, ""),
    phone_number_id: number.phoneNumberId,
  };
  return { wabaId: number.wabaId, value: { messaging_product: "whatsapp", metadata, ...items } };
}

function contact(customer: Customer): Content {
  return {
    profile: {
      name: customer.name,
      ...(customer.username === undefined ? {} : { username: customer.username }),
    },
    ...(customer.phone === undefined ? {} : { wa_id: customer.phone }),
    user_id: customer.bsuid,
    ...(customer.parentBsuid === undefined ? {} : { parent_user_id: customer.parentBsuid }),
  };
}

function statusError(error: { readonly code: number; readonly title: string; readonly details: string }): Content {
  return {
    code: error.code,
    title: error.title,
    message: error.title,
    error_data: { details: error.details },
    href: "https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes/",
  };
}

function mergeable(a: ChangeValue, b: ChangeValue): boolean {
  return (
    a.metadata.phone_number_id === b.metadata.phone_number_id &&
    (a.messages === undefined) === (b.messages === undefined) &&
    (a.contacts === undefined) === (b.contacts === undefined)
  );
}

function merged(a: ChangeValue, b: ChangeValue): ChangeValue {
  const contacts = new Map([...(a.contacts ?? []), ...(b.contacts ?? [])].map((item) => [item.user_id, item]));
  return {
    ...a,
    ...(a.contacts === undefined ? {} : { contacts: [...contacts.values()] }),
    ...(a.messages === undefined ? {} : { messages: [...a.messages, ...(b.messages ?? [])] }),
    ...(a.statuses === undefined ? {} : { statuses: [...a.statuses, ...(b.statuses ?? [])] }),
  };
}
