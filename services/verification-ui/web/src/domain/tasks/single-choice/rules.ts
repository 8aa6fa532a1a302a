import type { LabelValue, SingleChoiceTask } from "@/lib/api/types";

/** What is wrong with a value of a single choice; null when nothing is. */
export const problemWithChoice = ({ options }: SingleChoiceTask, value: LabelValue | undefined): string | null =>
  typeof value === "string" && options.some((option) => option.value === value) ? null : "Pick one";
