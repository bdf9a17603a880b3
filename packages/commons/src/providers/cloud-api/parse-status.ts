// One item of `statuses[]` becomes one event. Statuses are not ordered, may skip a step, and may come before the answer
// to the send itself: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks
import type { DeliveryStatus, InboundEvent, StatusEvent } from "../../events.ts";
import type { Json, JsonObject } from "../../json.ts";
import { idOf, listOf, objectOf, textOf } from "../untrusted-json.ts";
import { graphErrorMeaning } from "./error-codes.ts";
import { eventBase, type Scope, unknownEvent } from "./scope.ts";

const statuses: ReadonlySet<string> = new Set<DeliveryStatus>(["sent", "delivered", "read", "played", "failed"]);

/** One item of `statuses[]`; a status with another name is an `unknown` event. */
export function parseStatus(item: Json, scope: Scope): InboundEvent {
  const object = objectOf(item);
  const messageId = idOf(object?.id);
  const status = textOf(object?.status);
  if (object === undefined || messageId === undefined)
    return unknownEvent(item, scope, { reason: "a status without a message id" });
  if (status === undefined || !isDeliveryStatus(status))
    return unknownEvent(item, scope, { reason: `status "${(status ?? "").slice(0, 100)}"` });
  // In a group every participant has a status of their own.
  const participant = idOf(object.recipient_participant_id ?? object.recipient_participant_user_id);
  const key = ["status", messageId, status, ...(participant === undefined ? [] : [participant])].join(":");
  const callbackData = idOf(object.biz_opaque_callback_data);
  const error = errorOf(object);
  return {
    kind: "status",
    ...eventBase(item, scope, { key }),
    messageId,
    status,
    ...(callbackData === undefined ? {} : { callbackData }),
    ...(error === undefined ? {} : { error }),
  };
}

function isDeliveryStatus(status: string): status is DeliveryStatus {
  return statuses.has(status);
}

function errorOf(status: JsonObject): StatusEvent["error"] {
  const error = objectOf(listOf(status.errors)?.[0]);
  if (error === undefined) return undefined;
  const code = Number(error.code);
  const details = textOf(objectOf(error.error_data)?.details);
  const isCode = Number.isInteger(code) && Math.abs(code) < 2 ** 31;
  // What is no code must not count as code 0, which means something.
  const means = graphErrorMeaning(isCode ? code : -1);
  return {
    code: isCode ? code : 0,
    title: textOf(error.title) ?? textOf(error.message) ?? "",
    ...(details === undefined ? {} : { details }),
    class: means.class,
    ...(means.waitSeconds === undefined ? {} : { retryAfterSeconds: means.waitSeconds }),
  };
}
