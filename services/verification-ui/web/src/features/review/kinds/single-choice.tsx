import { Choice } from "@/features/review/kinds/choice";
import type { TaskProps } from "@/features/review/kinds/task-props";
import type { SingleChoiceTask } from "@/lib/api/types";

/** One of the labels. */
export function SingleChoice({ task, value, onChange, ...rest }: TaskProps<SingleChoiceTask>) {
  return <Choice {...rest} options={task.options} role="radio" chosen={typeof value === "string" ? [value] : []} onPick={onChange} />;
}
