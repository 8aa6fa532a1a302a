import { Button } from "@/ui/button";
import { OptionList } from "@/domain/tasks/choice/option-list";
import styles from "@/domain/tasks/tasks.module.css";
import type { TaskProps } from "@/domain/tasks/task-props";
import type { MultipleChoiceTask } from "@/lib/api/types";

/** Any number of the labels within the bounds of the task. */
export function MultipleChoice({ task, value, suggestion, active, dense, onChange }: TaskProps<MultipleChoiceTask>) {
  const chosen = Array.isArray(value) ? value.filter((label) => typeof label === "string") : [];
  const toggle = (label: string) => {
    const next = new Set(chosen);
    if (!next.delete(label)) next.add(label);
    onChange(task.options.map((option) => option.value).filter((candidate) => next.has(candidate)));
  };
  const bounds = inWords(task);
  return (
    <>
      <OptionList {...{ suggestion, active, dense }} options={task.options} role="checkbox" chosen={chosen} onPick={toggle} />
      <p className={styles.foot}>
        {bounds}
        {value === undefined && task.at_least === 0 && (
          <Button size="small" onMouseDown={(event) => event.preventDefault()} tabIndex={-1} onClick={() => onChange([])}>
            None of them
          </Button>
        )}
      </p>
    </>
  );
}

function inWords({ at_least, at_most, options }: MultipleChoiceTask): string | null {
  const most = at_most ?? options.length;
  if (at_least === most) return `Choose exactly ${most}`;
  if (at_least > 0 && most < options.length) return `Choose ${at_least} to ${most}`;
  if (at_least > 0) return `Choose at least ${at_least}`;
  return most < options.length ? `Choose at most ${most}` : null;
}
