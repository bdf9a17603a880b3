// Makes a message fit the provider that it will be sent through before it is queued: who hands it in is told at once, in
// words, and not by a refusal of the provider later.
import { type Acting, type SendRequest, sendTarget } from "@switchboard/commons/db/api.ts";
import type { Database } from "@switchboard/commons/db/database.ts";
import type { OutboundContent } from "@switchboard/commons/outbound.ts";
import { capabilitiesOf } from "@switchboard/commons/providers/capabilities.ts";
import { fileMisfits, filesOf, fit, inWords, type Misfit, withFileTypes } from "@switchboard/commons/text/fit.ts";
import { Problem } from "./problem.ts";

/**
 * What is to be queued for a content.
 * @returns the content as the provider of its account can show it in one message. For a provider that this version does
 *   not have, as it is: whoever sends it knows more
 * @throws Problem 422 `content_does_not_fit`; InvalidInputError when there is no such account or conversation
 */
export async function fitToTarget(
  db: Database,
  acting: Acting,
  { to, content }: Pick<SendRequest, "to" | "content">,
): Promise<OutboundContent> {
  const mediaIds = filesOf(content).map(({ mediaId }) => mediaId);
  const target = await sendTarget(db, acting, to, mediaIds);
  const can = capabilitiesOf(target.provider);
  if (can === undefined) return content;
  const files = new Map(
    target.files.map(({ id, mime_type: mimeType, size_bytes: size }) => [id, { mimeType, size }] as const),
  );
  const wrongFiles = fileMisfits(content, can, files);
  if (wrongFiles.length > 0) throw refusal(wrongFiles);
  const fitted = fit(withFileTypes(content, files), can);
  if ("misfits" in fitted) throw refusal(fitted.misfits);
  return fitted.content;
}

function refusal(misfits: readonly Misfit[]): Problem {
  return new Problem(422, {
    code: "content_does_not_fit",
    detail: `The message cannot be sent as it is: ${inWords(misfits)}.`,
    errors: misfits.map(({ path, message }) => ({
      path: path === "" ? "body.content" : `body.content.${path}`,
      message,
    })),
  });
}
