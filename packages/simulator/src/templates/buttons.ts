// The buttons of a template message: which of them need a value, and what they look like with it.
import { GraphError } from "../graph/errors.ts";
import type { Filling } from "./fill.ts";
import type { RenderedTemplate, TemplateButton } from "./types.ts";

type Rendered = RenderedTemplate["buttons"][number];
/** Button type -> the `sub_type` of the component that fills it in. */
const subTypes: Readonly<Record<string, readonly string[]>> = {
  QUICK_REPLY: ["quick_reply"],
  URL: ["url"],
  COPY_CODE: ["copy_code"],
  OTP: ["url", "otp"],
  FLOW: ["flow"],
  CATALOG: ["catalog"],
  MPM: ["mpm"],
  SPM: ["spm"],
  VOICE_CALL: ["voice_call"],
};

/**
 * Fills the buttons in.
 * @param fillings - the button components of the message
 * @throws GraphError 132018 (a component that fits no button), 131008 (a button that needs a value has none)
 */
export function fillButtons(buttons: readonly TemplateButton[], fillings: readonly Filling[]): Rendered[] {
  for (const filling of fillings) {
    const button = buttons[filling.index ?? 0];
    if (button === undefined || !(subTypes[button.type] ?? []).includes(filling.sub_type ?? ""))
      throw new GraphError(132018, {
        details: `buttons: There is no button of type ${filling.sub_type} at index ${filling.index ?? 0}`,
      });
  }
  return buttons.map((button, index) =>
    fill(
      button,
      index,
      fillings.find((item) => (item.index ?? 0) === index),
    ),
  );
}

function fill(button: TemplateButton, index: number, filling: Filling | undefined): Rendered {
  const text = button.text ?? (button.type === "COPY_CODE" ? "Copy offer code" : "Open");
  const value = filling?.parameters[0];
  const missing = (type: string) =>
    new GraphError(131008, { details: `buttons: Button at index ${index} of type ${type} requires a parameter` });
  switch (button.type) {
    case "QUICK_REPLY":
      return { type: button.type, text, payload: value?.payload ?? text };
    case "URL":
    case "OTP": {
      const url = button.url ?? "";
      if (button.type === "URL" && !url.includes("{{1}}")) return { type: button.type, text, url };
      if (value?.text === undefined || value.text === "") throw missing("Url");
      return { type: button.type, text, url: url.replace("{{1}}", encodeURI(value.text)) };
    }
    case "COPY_CODE": {
      const code = value?.coupon_code;
      if (typeof code !== "string" || code === "") throw missing("CopyCode");
      return { type: button.type, text, code };
    }
    case "PHONE_NUMBER":
      return { type: button.type, text, phone_number: button.phone_number ?? "" };
    default:
      return { type: button.type, text };
  }
}
