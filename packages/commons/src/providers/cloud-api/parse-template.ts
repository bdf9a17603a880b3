// News of a message template, of four fields of the webhook. They name a business account and no number.
// https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/message_template_status_update
import type { TemplateEvent } from "../../events.ts";
import type { JsonObject } from "../../json.ts";
import { idOf, textOf } from "../untrusted-json.ts";
import { eventBase, inPlace, type Scope } from "./scope.ts";

/** Reads news of a template; undefined when it does not say of which. */
export function parseTemplateNews(value: JsonObject, scope: Scope): TemplateEvent | undefined {
  const business = idOf(scope.entry.id);
  const name = textOf(value.message_template_name);
  const language = textOf(value.message_template_language);
  const id = idOf(value.message_template_id);
  if (business === undefined || !name || !language) return undefined;
  return {
    kind: "template",
    ...eventBase(value, scope),
    raw: inPlace(value, scope),
    business,
    topic: scope.field,
    template: { ...(id === undefined ? {} : { id }), name, language },
    change: changeOf(value, scope.field),
  };
}

function changeOf(value: JsonObject, field: string): TemplateEvent["change"] {
  switch (field) {
    case "message_template_status_update": {
      const status = textOf(value.event);
      const reason = textOf(value.reason);
      const category = textOf(value.message_template_category);
      return { ...given({ status }), ...given({ reason }), ...given({ category }) };
    }
    case "message_template_quality_update":
      return given({ quality: textOf(value.new_quality_score) });
    case "template_category_update":
      return given({ category: textOf(value.new_category) });
    default:
      return { components: true };
  }
}

/** The members that have a value. */
function given<K extends string>(member: { readonly [P in K]: string | undefined }): { readonly [P in K]?: string } {
  // SAFETY: what is left has a value.
  return Object.fromEntries(Object.entries(member).filter(([, value]) => value !== undefined)) as {
    readonly [P in K]?: string;
  };
}
