// The templates of each business account: the seeds, what was created, and the webhooks that tell of changes.
import type { Clock } from "../clock.ts";
import { newObjectId } from "../ids.ts";
import { templateSeeds } from "./seeds.ts";
import type { Template } from "./types.ts";

const FIRST_ID = 900000000000001;

/** Templates by business account (WABA). An account has its seeds from the moment it is first asked for. */
export class Templates {
  readonly #clock: Clock;
  readonly #byAccount = new Map<string, Template[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The templates of an account, the oldest first. */
  of(wabaId: string): readonly Template[] {
    return this.#list(wabaId);
  }

  /** One template of any account by its id. */
  byId(id: string): Template | undefined {
    for (const list of this.#byAccount.values()) {
      const found = list.find((template) => template.id === id);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** One template by its name in one language. */
  find(wabaId: string, name: string, language: string): Template | undefined {
    return this.of(wabaId).find((template) => template.name === name && template.language === language);
  }

  /** Adds a template; it waits for its review. */
  add(fresh: Pick<Template, "wabaId" | "name" | "language" | "category" | "parameterFormat" | "components">): Template {
    const template: Template = {
      id: newObjectId(),
      ...fresh,
      status: "PENDING",
      rejectedReason: "NONE",
      quality: { score: "UNKNOWN", date: this.#clock.now() },
    };
    this.#list(fresh.wabaId).push(template);
    return template;
  }

  /** Removes a template. */
  remove(template: Template): void {
    const list = this.#list(template.wabaId);
    const at = list.indexOf(template);
    if (at !== -1) list.splice(at, 1);
  }

  /** Back to the seeds. */
  clear(): void {
    this.#byAccount.clear();
  }

  #list(wabaId: string): Template[] {
    const known = this.#byAccount.get(wabaId);
    if (known !== undefined) return known;
    const seeded = this.#seeds(wabaId);
    this.#byAccount.set(wabaId, seeded);
    return seeded;
  }

  /** The ids of the accounts do not overlap. */
  #seeds(wabaId: string): Template[] {
    const first = FIRST_ID + (this.#byAccount.size % 1000) * 1000;
    return templateSeeds.map(({ named, status, rejectedReason, quality, ...seed }, index) => ({
      ...seed,
      id: String(first + index),
      wabaId,
      parameterFormat: named ? "NAMED" : "POSITIONAL",
      status: status ?? "APPROVED",
      rejectedReason: rejectedReason ?? "NONE",
      quality: { score: quality ?? "UNKNOWN", date: this.#clock.now() },
    }));
  }
}
