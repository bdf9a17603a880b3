// Changes of templates and the webhooks that tell of them: `message_template_status_update`,
// `message_template_quality_update`, `template_category_update`.
import type { Content } from "../types.ts";
import type { World } from "../world.ts";
import type { QualityScore, Template, TemplateCategory, TemplateStatus } from "./types.ts";

/** A template gets another status; the business is told. */
export function changeStatus(
  world: World,
  template: Template,
  change: {
    readonly status: TemplateStatus;
    readonly event?: string | undefined;
    readonly reason?: string | undefined;
  },
): void {
  const { status, reason } = change;
  template.status = status;
  template.rejectedReason = status === "REJECTED" ? (reason ?? "INVALID_FORMAT") : "NONE";
  tell(world, template, "message_template_status_update", {
    event: change.event ?? status,
    ...facts(template),
    reason: reason ?? (status === "REJECTED" ? template.rejectedReason : "NONE"),
    message_template_category: template.category,
    ...(status === "PAUSED"
      ? { other_info: { title: "FIRST_PAUSE", description: reason ?? "Paused for 3 hours because of its quality." } }
      : {}),
    ...(status === "DISABLED" ? { disable_info: { disable_date: String(Math.floor(world.clock.now() / 1000)) } } : {}),
  });
}

/** Customers think otherwise of a template; the business is told. */
export function changeQuality(world: World, template: Template, score: QualityScore): void {
  const previous = template.quality.score;
  template.quality = { score, date: world.clock.now() };
  tell(world, template, "message_template_quality_update", {
    previous_quality_score: previous,
    new_quality_score: score,
    ...facts(template),
  });
}

/** Meta puts a template into another category; the business is told. */
export function changeCategory(world: World, template: Template, category: TemplateCategory): void {
  const previous = template.category;
  template.previousCategory = previous;
  template.category = category;
  tell(world, template, "template_category_update", {
    ...facts(template),
    previous_category: previous,
    new_category: category,
  });
}

function facts(template: Template): Content {
  return {
    message_template_id: Number(template.id),
    message_template_name: template.name,
    message_template_language: template.language,
  };
}

function tell(world: World, template: Template, field: string, value: Content): void {
  const number = [...world.state.numbers.values()].find((item) => item.wabaId === template.wabaId);
  world.stats.templateWebhooks += 1;
  world.delivery.enqueue({
    change: { wabaId: template.wabaId, field, value, time: Math.floor(world.clock.now() / 1000) },
    url: number?.webhookUrl ?? world.config.webhookUrl,
    lane: `template ${template.id}`,
  });
}
