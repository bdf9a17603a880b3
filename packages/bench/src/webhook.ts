// Webhooks as Meta posts them: one text message of one customer, signed.
import { createHmac, randomBytes } from "node:crypto";

/** To whom and by whom the measured webhooks are. */
export interface WebhookSource {
  readonly phoneNumberId: string;
  readonly appSecret: string;
  /** Customers that write in turn. */
  readonly customers: number;
}

/** A POST's body and its headers. */
export interface SignedWebhook {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The next message: a new id, from the customer whose turn it is.
 * @param count - how many were made before
 */
export function signedWebhook(source: WebhookSource, count: number): SignedWebhook {
  const phone = `1555020${String(count % source.customers).padStart(4, "0")}`;
  const body = JSON.stringify({
    object: "whatsapp_business_account",
    entry: [
      { id: "200000000000001", changes: [{ field: "messages", value: messageValue(source.phoneNumberId, phone) }] },
    ],
  });
  const signature = createHmac("sha256", source.appSecret).update(body).digest("hex");
  return {
    body,
    headers: {
      "content-type": "application/json",
      "content-length": String(Buffer.byteLength(body)),
      "user-agent": "facebookexternalua",
      "x-hub-signature-256": `sha256=${signature}`,
    },
  };
}

function messageValue(phoneNumberId: string, phone: string) {
  return {
    messaging_product: "whatsapp",
    metadata: { display_phone_number: "15550100042", phone_number_id: phoneNumberId },
    contacts: [{ profile: { name: "Robin" }, wa_id: phone, user_id: `US.9${phone}` }],
    messages: [
      {
        from: phone,
        from_user_id: `US.9${phone}`,
        id: `wamid.${randomBytes(24).toString("base64")}`,
        timestamp: String(Math.floor(Date.now() / 1000)),
        type: "text",
        text: { body: "Hello, are you open on Sunday evening, and do you have a table for four?" },
      },
    ],
  };
}
