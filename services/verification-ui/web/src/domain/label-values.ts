import type { LabelOption, LabelSpan, LabelTask, LabelValue } from "@/lib/api/types";
import { count, counted, words } from "@/lib/format";

/** The value of each task by its name; a task without a value is left out. */
export type Values = Readonly<Record<string, LabelValue>>;

export const isSpans = (value: LabelValue): value is LabelSpan[] =>
  Array.isArray(value) && value.length > 0 && typeof value[0] === "object";

/** Equal for equal values. Both sides are in the form in which the services keep them: in schema order, spans by place. */
export const sameValue = (one: LabelValue | undefined, other: LabelValue | undefined): boolean => keyOf(one) === keyOf(other);

function keyOf(value: LabelValue | undefined): string {
  if (value === undefined) return "";
  return JSON.stringify(isSpans(value) ? value.map(spanKey) : value);
}

/** Equal for equal spans. */
export const spanKey = (span: LabelSpan): string =>
  JSON.stringify([span.field, span.start, span.end, span.label, Object.entries(span.attributes ?? {}).sort()]);

/** The labels of a task, for spans those that a span may have. */
export const optionsOf = (task: LabelTask | undefined): readonly LabelOption[] => (task && "options" in task ? task.options : []);

/** What a label is called; its value where it has no name of its own. */
export const nameIn = (options: readonly LabelOption[], value: string): string =>
  options.find((option) => option.value === value)?.name || value;

/** What is asked, in the words of the schema. */
export const questionOf = (task: LabelTask): string => task.question || words(task.name);

/** A value in one line of words: `Positive`, `4.5 USD`, `Price, Service`, `“Berlin” Place, “Ada” Person`. */
export function valueText(task: LabelTask | undefined, value: LabelValue): string {
  if (typeof value === "number") return task?.kind === "number" && task.unit ? `${value} ${task.unit}` : String(value);
  const name = (label: string) => nameIn(optionsOf(task), label);
  if (typeof value === "string") return task?.kind === "text" ? value : name(value);
  if (isSpans(value)) return value.map((span) => `“${span.text}” ${name(span.label)}`).join(", ");
  return value.length === 0 ? "None" : value.map(name).join(", ");
}

/** The values of several tasks in one short line; spans as their number. */
export function valuesText(tasks: readonly LabelTask[], values: Values): string {
  const entries = Object.entries(values);
  return entries
    .map(([name, value]) => {
      const task = tasks.find((candidate) => candidate.name === name);
      const many = entries.length > 1;
      if (many && Array.isArray(value) && value.length === 0) return `no ${words(name).toLowerCase()}`;
      if (many && isSpans(value)) return counted(value.length, "span");
      if (many && Array.isArray(value) && value.length > 2) return `${count(value.length)} ${words(name).toLowerCase()}`;
      return valueText(task, value);
    })
    .join(" · ");
}
