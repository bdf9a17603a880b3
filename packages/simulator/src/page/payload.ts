// Reads message payloads safely: they are whatever the business sent.
type Fields = Readonly<Record<string, unknown>>;

/** The fields of an object; none when it is not one. */
export function fields(value: unknown): Fields {
  // SAFETY: an object can be read by any string key; the values stay unknown.
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

/** The items of an array as objects. */
export function items(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fields) : [];
}

/** A text, or an empty one. */
export function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The address of a picture or another file: one that was uploaded here, or a link. */
export function mediaUrl(media: Fields): string {
  return text(media.id) === "" ? text(media.link) : `/page-media/${encodeURIComponent(text(media.id))}`;
}
