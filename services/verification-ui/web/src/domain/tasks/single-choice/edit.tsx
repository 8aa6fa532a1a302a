import { OptionList } from "@/domain/tasks/choice/option-list";
import type { TaskProps } from "@/domain/tasks/task-props";
import type { SingleChoiceTask } from "@/lib/api/types";

/** One of the labels. */
export function SingleChoice({ task, value, suggestion, active, dense, onChange }: TaskProps<SingleChoiceTask>) {
  return <OptionList {...{ suggestion, active, dense }} options={task.options} role="radio" chosen={typeof value === "string" ? [value] : []} onPick={onChange} />;
}
