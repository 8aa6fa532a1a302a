import { isSpans } from "@/domain/label-values";
import type { LabelSpan, LabelValue, SpanTask } from "@/lib/api/types";

/** What is wrong with the spans of a task; null when nothing is. */
export function problemWithSpans(task: SpanTask, value: LabelValue | undefined): string | null {
  if (!Array.isArray(value)) return "Mark what is there, or none";
  if (!isSpans(value)) return null;
  for (const attribute of task.attributes) {
    const open = attribute.required && value.find((span) => span.attributes?.[attribute.name] === undefined);
    if (open) return `“${shorten(open.text)}” needs ${attribute.name}`;
  }
  return task.overlaps || !value.some((span, index) => value.slice(0, index).some((other) => overlap(span, other)))
    ? null
    : "These spans may not overlap";
}

/** Whether two spans share characters. */
export const overlap = (one: LabelSpan, other: LabelSpan): boolean =>
  one.field === other.field && one.start < other.end && other.start < one.end;

const shorten = (text: string): string => (text.length > 24 ? `${text.slice(0, 23)}…` : text);
