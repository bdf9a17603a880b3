// Message templates as the Graph API shows them, and what they are made of.

/** How far Meta's review and the feedback of customers have brought a template. Only `APPROVED` ones can be sent. */
export const templateStatuses = [
  "APPROVED",
  "PENDING",
  "REJECTED",
  "PAUSED",
  "DISABLED",
  "IN_APPEAL",
  "FLAGGED",
  "LIMIT_EXCEEDED",
  "PENDING_DELETION",
  "DELETED",
  "ARCHIVED",
  "LOCKED",
] as const;
export type TemplateStatus = (typeof templateStatuses)[number];

/** What customers' feedback says of a template. */
export const qualityScores = ["GREEN", "YELLOW", "RED", "UNKNOWN"] as const;
export type QualityScore = (typeof qualityScores)[number];

/** What a template is for; prices and opt-outs depend on it. */
export const templateCategories = ["UTILITY", "MARKETING", "AUTHENTICATION"] as const;
export type TemplateCategory = (typeof templateCategories)[number];

/** Button types that Meta knows. */
export const buttonTypes = [
  "QUICK_REPLY",
  "URL",
  "PHONE_NUMBER",
  "COPY_CODE",
  "FLOW",
  "OTP",
  "CATALOG",
  "MPM",
  "SPM",
  "VOICE_CALL",
  "REQUEST_CONTACT_INFO",
] as const;

/** One button of a template. */
export type TemplateButton = {
  readonly type: (typeof buttonTypes)[number];
  readonly text?: string | undefined;
  /** May end with `{{1}}`. */
  readonly url?: string | undefined;
  readonly phone_number?: string | undefined;
  readonly [field: string]: unknown;
};

/** One part of a template. */
export type TemplateComponent =
  | {
      readonly type: "HEADER";
      readonly format: "TEXT" | "IMAGE" | "VIDEO" | "DOCUMENT" | "LOCATION";
      readonly text?: string | undefined;
      readonly example?: unknown;
    }
  | { readonly type: "BODY"; readonly text: string; readonly example?: unknown }
  | { readonly type: "FOOTER"; readonly text: string }
  | { readonly type: "BUTTONS"; readonly buttons: readonly TemplateButton[] };

/** One template in one language. */
export type Template = {
  readonly id: string;
  readonly wabaId: string;
  readonly name: string;
  readonly language: string;
  readonly parameterFormat: "POSITIONAL" | "NAMED";
  components: readonly TemplateComponent[];
  category: TemplateCategory;
  previousCategory?: TemplateCategory;
  status: TemplateStatus;
  rejectedReason: string;
  quality: { score: QualityScore; date: number };
};

/** A template as its reader sees it: the parameters are filled in. */
export type RenderedTemplate = {
  readonly name: string;
  readonly language: string;
  readonly category: string;
  readonly header?: { readonly format: string; readonly text?: string; readonly media?: unknown };
  readonly body: string;
  readonly footer?: string;
  readonly buttons: readonly {
    readonly type: string;
    readonly text: string;
    /** What a quick reply answers with. */
    readonly payload?: string;
    readonly url?: string;
    readonly phone_number?: string;
    readonly code?: string;
  }[];
};
