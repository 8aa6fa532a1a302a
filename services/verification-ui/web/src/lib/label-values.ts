import type { LabelSpan, LabelValue } from "@/lib/api/types";

export const isSpans = (value: LabelValue): value is LabelSpan[] =>
  Array.isArray(value) && value.length > 0 && typeof value[0] === "object";

/** Equal for equal values. Both sides are in the form in which the services keep them: in schema order, spans by place. */
export const sameValue = (one: LabelValue | undefined, other: LabelValue | undefined): boolean => keyOf(one) === keyOf(other);

function keyOf(value: LabelValue | undefined): string {
  if (value === undefined) return "";
  if (!isSpans(value)) return JSON.stringify(value);
  return JSON.stringify(value.map((span) => [span.field, span.start, span.end, span.label, Object.entries(span.attributes ?? {}).sort()]));
}

/** A value in one line of words: `Positive`, `4.5`, `Price, Service`, `“Berlin” Place, “Ada” Person`. */
export function valueText(value: LabelValue, nameOf: (value: string) => string): string {
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return nameOf(value);
  if (isSpans(value)) return value.map((span) => `“${span.text}” ${nameOf(span.label)}`).join(", ");
  if (value.length === 0) return "none";
  return value.map(nameOf).join(", ");
}
