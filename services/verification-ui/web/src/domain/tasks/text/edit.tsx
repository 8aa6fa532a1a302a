import clsx from "clsx";
import { useId } from "react";

import { useDesk } from "@/domain/tasks/task-keys";
import styles from "@/domain/tasks/tasks.module.css";
import type { TaskProps } from "@/domain/tasks/task-props";
import type { TextTask } from "@/lib/api/types";
import { problemWith } from "@/domain/tasks/rules";
import { questionOf } from "@/domain/label-values";
import { isComposing } from "@/lib/key-map";
import { TextOffsets } from "@/domain/text-offsets";

/** A short text. Enter confirms, Shift Enter begins a line, Escape gives the keys back to the page. */
export function Text({ task, value, suggestion, insists, onChange }: TaskProps<TextTask>) {
  const { accepts, confirm, moveBy } = useDesk();
  const id = useId();
  const text = typeof value === "string" ? value : "";
  const problem = value === undefined && !insists ? null : problemWith(task, value);
  const { length } = new TextOffsets(text);
  const said = suggestion?.value;
  return (
    <div>
      <textarea
        data-begin
        ref={caretAtEnd}
        className={clsx(styles.input, styles.area, problem !== null && styles.wrong)}
        aria-label={questionOf(task)}
        aria-invalid={problem !== null}
        aria-describedby={id}
        dir="auto"
        rows={1}
        value={text}
        onChange={(event) => onChange(event.target.value === "" && task.min_length > 0 ? undefined : event.target.value)}
        onKeyDown={(event) => {
          if (isComposing(event.nativeEvent)) return;
          const oneLine = !text.includes("\n");
          if (event.key === "Escape") event.currentTarget.closest<HTMLElement>("[data-task]")?.focus();
          else if (event.key === "Enter" && !event.shiftKey && !event.repeat && accepts(event.nativeEvent)) confirm();
          else if (oneLine && (event.key === "ArrowDown" || event.key === "ArrowUp")) moveBy(event.key === "ArrowDown" ? 1 : -1);
          else return;
          event.preventDefault();
        }}
      />
      <p className={styles.foot} id={id}>
        <span className={clsx("tabular", problem !== null && styles.bad)}>{problem ?? rule(task)}</span>
        <span className={clsx(styles.end, "tabular", length > task.max_length && styles.bad)}>
          {length} / {task.max_length}
        </span>
      </p>
      {typeof said === "string" && said !== text && (
        <p className={styles.foot}>
          The model wrote: <q className={styles.said}>{said}</q>
        </p>
      )}
    </div>
  );
}

/** So that who comes by key goes on writing behind what is there. */
function caretAtEnd(area: HTMLTextAreaElement | null): void {
  area?.setSelectionRange(area.value.length, area.value.length);
}

function rule({ min_length, pattern }: TextTask): string | null {
  if (pattern != null) return `Matches ${pattern}`;
  return min_length > 1 ? `At least ${min_length} characters` : null;
}
