import type { LabelValue, MultipleChoiceTask } from "@/lib/api/types";

/** What is wrong with a value of a multiple choice; null when nothing is. */
export function problemWithChoices({ at_least, at_most }: MultipleChoiceTask, value: LabelValue | undefined): string | null {
  if (!Array.isArray(value)) return at_least > 0 ? `Pick at least ${at_least}` : "Pick any, or none";
  if (value.length < at_least) return `Pick at least ${at_least}`;
  if (at_most != null && value.length > at_most) return `Pick at most ${at_most}`;
  return null;
}
