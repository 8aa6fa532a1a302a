import clsx from "clsx";
import { useId, useState } from "react";

import { useDesk } from "@/domain/tasks/task-keys";
import styles from "@/domain/tasks/tasks.module.css";
import { gridOf, readNumber, stepped } from "@/domain/tasks/number/number-grid";
import { Scale } from "@/domain/tasks/number/scale";
import type { TaskProps } from "@/domain/tasks/task-props";
import type { NumberTask } from "@/lib/api/types";
import { problemWith } from "@/domain/tasks/rules";
import { isComposing } from "@/lib/key-map";
import { questionOf } from "@/domain/label-values";

/** A number: buttons where there are few, else a field and a slider. */
export function NumberKind(props: TaskProps<NumberTask>) {
  const grid = gridOf(props.task);
  return grid ? <Scale {...props} grid={grid} /> : <NumberField {...props} />;
}

function NumberField({ task, value, suggestion, insists, onChange }: TaskProps<NumberTask>) {
  const { accepts, confirm } = useDesk();
  const id = useId();
  const number = typeof value === "number" ? value : undefined;
  /** What is typed and is not, or not in this form, the number itself: `4.`, `-`, `1,50`. */
  const [typed, setTyped] = useState<string | null>(null);
  const text = typed !== null && (readNumber(typed) ?? undefined) === number ? typed : (number?.toString() ?? "");
  const problem = typed !== null && typed !== "" && number === undefined ? "That is no number" : number === undefined && !insists ? null : problemWith(task, number);
  const said = suggestion?.value;

  const type = (next: string) => {
    setTyped(next);
    onChange(readNumber(next) ?? undefined);
  };
  const step = (steps: number) => {
    setTyped(null);
    onChange(stepped(task, number, steps));
  };
  const steps: Record<string, number> = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 };

  return (
    <div>
      <div className={styles.line}>
        <span className={clsx(styles.input, styles.number, problem !== null && styles.wrong)}>
          <input
            data-begin
            role="spinbutton"
            inputMode="decimal"
            autoComplete="off"
            aria-label={task.unit ? `${questionOf(task)}, in ${task.unit}` : questionOf(task)}
            aria-valuenow={number}
            aria-valuemin={task.minimum}
            aria-valuemax={task.maximum}
            aria-invalid={problem !== null}
            aria-describedby={id}
            className="tabular"
            value={text}
            onFocus={(event) => event.currentTarget.select()}
            onChange={(event) => type(event.target.value)}
            onKeyDown={(event) => {
              const by = steps[event.key];
              if (by !== undefined) step(by);
              else if (event.key === "Escape") event.currentTarget.closest<HTMLElement>("[data-task]")?.focus();
              else if (event.key === "Enter" && !event.repeat && !isComposing(event.nativeEvent) && accepts(event.nativeEvent)) confirm();
              else return;
              event.preventDefault();
            }}
          />
          {task.unit && <span className={styles.unit}>{task.unit}</span>}
        </span>
        <span className={styles.slide}>
          <input
            type="range"
            tabIndex={-1}
            aria-hidden="true"
            min={task.minimum}
            max={task.maximum}
            step={task.step ?? "any"}
            value={number ?? task.minimum}
            onPointerUp={(event) => event.currentTarget.closest("[data-task]")?.querySelector<HTMLElement>("[data-begin]")?.focus()}
            onChange={(event) => {
              setTyped(null);
              onChange(task.step == null ? Number(Number(event.target.value).toPrecision(4)) : stepped(task, Number(event.target.value), 0));
            }}
          />
          <span className={clsx(styles.ends, "tabular")} aria-hidden="true">
            <span>{task.minimum}</span>
            <span>{task.maximum}</span>
          </span>
        </span>
      </div>
      <p className={styles.foot} id={id}>
        <span className={clsx(problem !== null && styles.bad)}>{problem ?? (task.step == null ? null : `In steps of ${task.step}`)}</span>
        {typeof said === "number" && said !== number && (
          <span className={clsx(styles.end, "tabular")}>
            The model said {said} {task.unit}
          </span>
        )}
      </p>
    </div>
  );
}
