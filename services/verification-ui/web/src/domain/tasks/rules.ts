import { problemWithChoices } from "@/domain/tasks/multiple-choice/rules";
import { problemWithNumber } from "@/domain/tasks/number/rules";
import { problemWithChoice } from "@/domain/tasks/single-choice/rules";
import { problemWithSpans } from "@/domain/tasks/span/rules";
import { problemWithText } from "@/domain/tasks/text/rules";
import type { LabelTask, LabelValue } from "@/lib/api/types";

/**
 * What is wrong with a value, in one short sentence; null when nothing is. The service checks again, and more: it
 * knows the text of spans.
 */
export function problemWith(task: LabelTask, value: LabelValue | undefined): string | null {
  switch (task.kind) {
    case "single_choice":
      return problemWithChoice(task, value);
    case "multiple_choice":
      return problemWithChoices(task, value);
    case "span":
      return problemWithSpans(task, value);
    case "number":
      return problemWithNumber(task, value);
    case "text":
      return problemWithText(task, value);
  }
}
