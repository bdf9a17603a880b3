// Errors on order: a rule names a code of Meta's, and which sends get it, at once or as a later `failed` status.
import { z } from "zod";
import type { Dice } from "../dice.ts";
import { phoneDigits } from "../ids.ts";

/** A rule as the test API takes it. */
export const ruleSchema = z.strictObject({
  /** Any code; `GET /errors` lists those with Meta's own words. */
  code: z.number().int().min(0),
  /** `sync`: the send is refused with it. `status`: it is accepted and then fails with it. */
  mode: z.enum(["sync", "status"]).default("sync"),
  /** Only sends to this customer: a phone number in any writing, or a BSUID. */
  phone: z.string().min(1).optional(),
  /** Only sends of this business number, by its phone-number-id. */
  number: z.string().min(1).optional(),
  /** Only sends of this type, such as `template`. */
  type: z.string().min(1).optional(),
  /** How many sends it meets before it ends; without it, all. */
  count: z.number().int().positive().optional(),
  /** How likely it meets a send that it fits. */
  probability: z.number().min(0).max(1).default(1),
  /** HTTP status instead of Meta's own for the code. */
  http_status: z.number().int().min(400).max(599).optional(),
  /** Seconds in the header `Retry-After`. */
  retry_after_s: z.number().int().min(0).optional(),
  /** What `error_data.details` says instead of Meta's own words. */
  details: z.string().optional(),
});

/** A rule that is in force; `met` counts the sends that got its error. */
export type Rule = z.output<typeof ruleSchema> & { readonly id: number; met: number };
type Send = { readonly address: string; readonly phoneNumberId: string; readonly type: string };

/** The rules in force; the first that fits a send and falls wins. */
export class ErrorRules {
  readonly #dice: Dice;
  #rules: Rule[] = [];
  #last = 0;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  /** Every rule, those that have ended included. */
  get all(): readonly Rule[] {
    return this.#rules;
  }

  /** Adds a rule. */
  add(input: z.output<typeof ruleSchema>): Rule {
    this.#last += 1;
    const rule = { id: this.#last, ...input, met: 0 };
    this.#rules.push(rule);
    return rule;
  }

  /** Takes a rule away; false when there is none. */
  remove(id: number): boolean {
    const before = this.#rules.length;
    this.#rules = this.#rules.filter((rule) => rule.id !== id);
    return this.#rules.length < before;
  }

  /** Takes all away. */
  clear(): void {
    this.#rules = [];
  }

  /** The rule that a send meets, counted; nothing when there is none. */
  take(mode: Rule["mode"], send: Send): Rule | undefined {
    const rule = this.#rules.find(
      (item) =>
        item.mode === mode &&
        fits(item, send) &&
        (item.count === undefined || item.met < item.count) &&
        this.#dice.chance(item.probability),
    );
    if (rule !== undefined) rule.met += 1;
    return rule;
  }
}

function fits(rule: Rule, send: Send): boolean {
  if (rule.number !== undefined && rule.number !== send.phoneNumberId) return false;
  if (rule.type !== undefined && rule.type !== send.type) return false;
  if (rule.phone === undefined || rule.phone === send.address) return true;
  return phoneDigits(rule.phone) !== "" && phoneDigits(rule.phone) === send.address;
}
