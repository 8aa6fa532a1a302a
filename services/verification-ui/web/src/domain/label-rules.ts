import type { LabelSpan, LabelTask, LabelValue } from "@/lib/api/types";
import { isSpans } from "@/domain/label-values";
import { TextOffsets } from "@/domain/text-offsets";

type Task<Kind extends LabelTask["kind"]> = Extract<LabelTask, { kind: Kind }>;

/**
 * What is wrong with a value, in one short sentence; null when nothing is. The service checks again, and more: it
 * knows the text of spans.
 */
export function problemWith(task: LabelTask, value: LabelValue | undefined): string | null {
  switch (task.kind) {
    case "single_choice":
      return typeof value === "string" && task.options.some((option) => option.value === value) ? null : "Pick one";
    case "multiple_choice":
      return problemWithLabels(task, Array.isArray(value) ? value.length : null);
    case "span":
      return problemWithSpans(task, value);
    case "number":
      return problemWithNumber(task, value);
    case "text":
      return problemWithText(task, value);
  }
}

function problemWithLabels({ at_least, at_most }: Task<"multiple_choice">, count: number | null): string | null {
  if (count === null) return at_least > 0 ? `Pick at least ${at_least}` : "Pick any, or none";
  if (count < at_least) return `Pick at least ${at_least}`;
  if (at_most != null && count > at_most) return `Pick at most ${at_most}`;
  return null;
}

function problemWithSpans(task: Task<"span">, value: LabelValue | undefined): string | null {
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

function problemWithNumber({ minimum, maximum, step }: Task<"number">, value: LabelValue | undefined): string | null {
  if (typeof value !== "number") return "Give a number";
  if (value < minimum || value > maximum) return `From ${minimum} to ${maximum}`;
  if (step == null) return null;
  const steps = (value - minimum) / step;
  return Math.abs(steps - Math.round(steps)) <= 1e-6 * Math.max(1, Math.abs(steps)) ? null : `In steps of ${step} from ${minimum}`;
}

function problemWithText({ min_length, max_length, pattern }: Task<"text">, value: LabelValue | undefined): string | null {
  if (typeof value !== "string") return min_length > 0 ? "Write something" : "Write something, or leave it empty on purpose";
  const { length } = new TextOffsets(value);
  if (length < min_length) return length === 0 ? "Write something" : `At least ${min_length} characters`;
  if (length > max_length) return `At most ${max_length} characters`;
  return pattern == null || (compiled(pattern)?.test(value) ?? true) ? null : `Has to match ${pattern}`;
}

/** The whole text has to match. Null where the pattern is written in a way that only the service understands. */
function compiled(pattern: string): RegExp | null {
  try {
    return new RegExp(`^(?:${pattern})$`, "u");
  } catch {
    return null;
  }
}

const shorten = (text: string): string => (text.length > 24 ? `${text.slice(0, 23)}…` : text);
