import clsx from "clsx";
import { useState } from "react";

import { Kbd } from "@/ui/kbd";
import { useTaskKeys } from "@/domain/tasks/task-keys";
import styles from "@/domain/tasks/tasks.module.css";
import { stepped } from "@/domain/tasks/number/number-grid";
import type { TaskProps } from "@/domain/tasks/task-props";
import type { NumberTask } from "@/lib/api/types";
import { keyOf } from "@/lib/key-map";

/** The few numbers of a coarse grid side by side. Keys: the digit itself, or arrows. */
export function Scale({ task, value, suggestion, active, onChange, grid }: TaskProps<NumberTask> & { grid: number[] }) {
  const number = typeof value === "number" ? value : undefined;
  /** A minus was pressed, and the next digit belongs to it. */
  const [negative, setNegative] = useState(false);
  const digits = grid.every((point) => Number.isInteger(point) && Math.abs(point) <= 9);
  useTaskKeys(active, (event) => {
    if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      onChange(stepped(task, number, event.key === "ArrowRight" ? 1 : -1));
      return true;
    }
    if (event.repeat) return false;
    if (event.key === "-" && grid.some((candidate) => candidate < 0)) {
      setNegative(true);
      return true;
    }
    const key = keyOf(event);
    if (!/^\d$/.test(key)) return false;
    const point = grid.find((candidate) => candidate === (negative ? -Number(key) : Number(key)));
    setNegative(false);
    if (point !== undefined) onChange(point);
    return true;
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
          {digits && <span>{negative ? "−, and a digit" : "Press the number, or"}</span>}
          <span>
            <Kbd>←</Kbd> <Kbd>→</Kbd>
          </span>
        </p>
      )}
    </>
  );
}
