import clsx from "clsx";

import { Kbd } from "@/ui/kbd";
import { useTaskKeys } from "@/domain/tasks/task-keys";
import styles from "@/domain/tasks/tasks.module.css";
import { stepped } from "@/domain/tasks/number/number-grid";
import type { TaskProps } from "@/domain/tasks/task-props";
import type { NumberTask } from "@/lib/api/types";

/** The few numbers of a coarse grid side by side. Keys: the digit itself, or arrows. */
export function Scale({ task, value, suggestion, active, onChange, grid }: TaskProps<NumberTask> & { grid: number[] }) {
  const number = typeof value === "number" ? value : undefined;
  const digits = grid.every((point) => Number.isInteger(point) && point >= 0 && point <= 9);
  useTaskKeys(active, (event) => {
    if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      onChange(stepped(task, number, event.key === "ArrowRight" ? 1 : -1));
      return true;
    }
    const point = /^\d$/.test(event.key) && !event.repeat ? grid.find((candidate) => candidate === Number(event.key)) : undefined;
    if (point !== undefined) onChange(point);
    return point !== undefined;
  });
  return (
    <>
      <div className={styles.scale} role="radiogroup" aria-label={task.unit ? `In ${task.unit}` : "Number"}>
        {grid.map((point) => (
          <button
            key={point}
            type="button"
            role="radio"
            aria-checked={point === number}
            aria-label={`${point} ${task.unit}${point === suggestion?.value ? ", the model’s number" : ""}`.trim()}
            tabIndex={-1}
            className={clsx(styles.point, "tabular", point === number && styles.on, point === suggestion?.value && styles.suggested)}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => onChange(point)}
          >
            {point}
          </button>
        ))}
        {task.unit && <span className={styles.unit}>{task.unit}</span>}
      </div>
      {active && (
        <p className={styles.foot}>
          {digits && <span>Press the number, or</span>}
          <span>
            <Kbd>←</Kbd> <Kbd>→</Kbd>
          </span>
        </p>
      )}
    </>
  );
}
