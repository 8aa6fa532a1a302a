import { isSpans, optionsOf } from "@/domain/label-values";
import { ChoicesView } from "@/domain/tasks/multiple-choice/view";
import { NumberView } from "@/domain/tasks/number/view";
import { ChoiceView } from "@/domain/tasks/single-choice/view";
import { SpansView } from "@/domain/tasks/span/view";
import { TextView } from "@/domain/tasks/text/view";
import styles from "@/domain/value-view.module.css";
import type { LabelTask, LabelValue } from "@/lib/api/types";

interface Props {
  /** Undefined while the label schema loads, or when the task is none of it. */
  task: LabelTask | undefined;
  value: LabelValue;
  /** Struck through: what does not hold any more. */
  gone?: boolean;
  /** Chips shown at most. */
  most?: number;
}

/** A value of any kind as it is read: labels and spans as chips, numbers with their unit, texts in quotes. */
export function ValueView({ task, value, gone = false, most = Infinity }: Props) {
  const options = optionsOf(task);
  if (typeof value === "number") return <NumberView value={value} unit={task?.kind === "number" ? task.unit : ""} gone={gone} />;
  if (typeof value === "string") return task?.kind === "text" ? <TextView value={value} gone={gone} /> : <ChoiceView options={options} value={value} gone={gone} />;
  if (value.length === 0) return <span className={styles.none}>{task?.kind === "span" ? "No spans" : "None"}</span>;
  return isSpans(value) ? <SpansView {...{ options, value, gone, most }} /> : <ChoicesView {...{ options, value, gone, most }} />;
}
