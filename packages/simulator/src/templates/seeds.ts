// The templates that every business account of the simulator has from the start: one of each kind that matters.
import type { QualityScore, Template, TemplateComponent } from "./types.ts";

type Seed = Pick<Template, "name" | "language" | "category"> & {
  readonly named?: true;
  readonly status?: Template["status"];
  readonly rejectedReason?: string;
  readonly quality?: QualityScore;
  readonly components: readonly TemplateComponent[];
};

const example = (...values: readonly string[]) => ({ body_text: [values] });

/** All seeds; the ids follow from their order. */
export const templateSeeds: readonly Seed[] = [
  {
    name: "hello_world",
    language: "en_US",
    category: "UTILITY",
    components: [
      { type: "HEADER", format: "TEXT", text: "Hello World" },
      {
        type: "BODY",
        text: "Welcome and congratulations!! This message demonstrates your ability to send a WhatsApp message notification from the Cloud API, hosted by Meta. Thank you for taking the time to test with us.",
      },
      { type: "FOOTER", text: "WhatsApp Business Platform sample message" },
    ],
  },
  {
    name: "order_update",
    language: "en_US",
    category: "UTILITY",
    quality: "GREEN",
    components: [
      {
        type: "BODY",
        text: "Hi {{1}}, your order {{2}} is on its way and will be with you on {{3}}.",
        example: example("Ana", "A-1042", "Friday"),
      },
      { type: "FOOTER", text: "Luna Bistro" },
    ],
  },
  {
    name: "order_update",
    language: "es",
    category: "UTILITY",
    quality: "GREEN",
    components: [
      {
        type: "BODY",
        text: "Hola {{1}}, tu pedido {{2}} está en camino y llegará el {{3}}.",
        example: example("Ana", "A-1042", "viernes"),
      },
      { type: "FOOTER", text: "Luna Bistro" },
    ],
  },
  {
    name: "order_update",
    language: "pt_BR",
    category: "UTILITY",
    status: "PENDING",
    components: [
      {
        type: "BODY",
        text: "Oi {{1}}, seu pedido {{2}} está a caminho e chega na {{3}}.",
        example: example("Ana", "A-1042", "sexta"),
      },
    ],
  },
  {
    name: "table_reminder",
    language: "en",
    category: "UTILITY",
    named: true,
    components: [
      {
        type: "HEADER",
        format: "TEXT",
        text: "Your table, {{guest}}",
        example: { header_text_named_params: [{ param_name: "guest", example: "Ana" }] },
      },
      {
        type: "BODY",
        text: "We look forward to seeing you on {{day}} at {{hour}}, a table for {{people}} people.",
        example: {
          body_text_named_params: [
            { param_name: "day", example: "Saturday" },
            { param_name: "hour", example: "20:00" },
            { param_name: "people", example: "4" },
          ],
        },
      },
      {
        type: "BUTTONS",
        buttons: [
          { type: "QUICK_REPLY", text: "Confirm" },
          { type: "QUICK_REPLY", text: "Change" },
          { type: "QUICK_REPLY", text: "Cancel" },
        ],
      },
    ],
  },
  {
    name: "table_reminder",
    language: "de",
    category: "UTILITY",
    named: true,
    components: [
      { type: "BODY", text: "Wir freuen uns auf euch am {{day}} um {{hour}}, ein Tisch für {{people}} Personen." },
      {
        type: "BUTTONS",
        buttons: [
          { type: "QUICK_REPLY", text: "Bestätigen" },
          { type: "QUICK_REPLY", text: "Ändern" },
        ],
      },
    ],
  },
  {
    name: "summer_menu",
    language: "en",
    category: "MARKETING",
    quality: "GREEN",
    components: [
      { type: "HEADER", format: "IMAGE", example: { header_handle: ["https://scontent.whatsapp.net/sample"] } },
      {
        type: "BODY",
        text: "Hello {{1}}! Our summer menu is here, with {{2}} off all week.",
        example: example("Ana", "20%"),
      },
      { type: "FOOTER", text: "Not interested? Tap Stop promotions" },
      {
        type: "BUTTONS",
        buttons: [
          { type: "QUICK_REPLY", text: "Book a table" },
          { type: "QUICK_REPLY", text: "Stop promotions" },
          {
            type: "URL",
            text: "See the menu",
            url: "https://luna-bistro.example/menu/{{1}}",
            example: ["https://luna-bistro.example/menu/summer"],
          },
        ],
      },
    ],
  },
  {
    name: "invoice",
    language: "en",
    category: "UTILITY",
    components: [
      { type: "HEADER", format: "DOCUMENT" },
      { type: "BODY", text: "Thank you for your visit, {{1}}. Your invoice is attached.", example: example("Ana") },
      {
        type: "BUTTONS",
        buttons: [
          { type: "URL", text: "Pay online", url: "https://luna-bistro.example/pay" },
          { type: "PHONE_NUMBER", text: "Call us", phone_number: "+15550100001" },
        ],
      },
    ],
  },
  {
    name: "voucher",
    language: "en",
    category: "MARKETING",
    quality: "YELLOW",
    components: [
      { type: "BODY", text: "A voucher for you: {{1}} off your next dinner.", example: example("10%") },
      { type: "BUTTONS", buttons: [{ type: "COPY_CODE", text: "Copy offer code", example: "LUNA10" }] },
    ],
  },
  {
    name: "feedback_form",
    language: "en",
    category: "UTILITY",
    components: [
      { type: "BODY", text: "How was your evening with us? It takes a minute." },
      {
        type: "BUTTONS",
        buttons: [
          {
            type: "FLOW",
            text: "Give feedback",
            flow_id: "700000000000001",
            navigate_screen: "FEEDBACK",
            flow_action: "NAVIGATE",
          },
        ],
      },
    ],
  },
  {
    name: "login_code",
    language: "en",
    category: "AUTHENTICATION",
    components: [
      { type: "BODY", text: "*{{1}}* is your verification code. For your security, do not share this code." },
      { type: "FOOTER", text: "This code expires in 10 minutes." },
      {
        type: "BUTTONS",
        buttons: [
          {
            type: "URL",
            text: "Copy code",
            url: "https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp{{1}}",
          },
        ],
      },
    ],
  },
  {
    name: "weekend_deal",
    language: "en",
    category: "MARKETING",
    status: "PAUSED",
    quality: "RED",
    components: [{ type: "BODY", text: "Two for one this weekend, {{1}}!", example: example("Ana") }],
  },
  {
    name: "old_newsletter",
    language: "en",
    category: "MARKETING",
    status: "DISABLED",
    quality: "RED",
    components: [{ type: "BODY", text: "Our news of the month." }],
  },
  {
    name: "win_a_prize",
    language: "en",
    category: "MARKETING",
    status: "REJECTED",
    rejectedReason: "PROMOTIONAL",
    components: [{ type: "BODY", text: "You have won! Tap here, {{1}}.", example: example("Ana") }],
  },
];
