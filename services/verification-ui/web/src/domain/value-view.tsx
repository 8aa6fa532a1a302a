import { LabelChip } from "@/domain/label-chip";
import styles from "@/domain/value-view.module.css";
import type { LabelTask, LabelValue } from "@/lib/api/types";
import { colorOf } from "@/domain/label-colors";
import { isSpans, nameIn, optionsOf, valueText } from "@/domain/label-values";
import { visible } from "@/lib/visible";

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
  if (typeof value === "number") return <span className={gone ? styles.gone : styles.number}>{valueText(task, value)}</span>;
  if (typeof value === "string") {
    if (task?.kind === "text") return <q className={gone ? styles.gone : styles.text}>{visible(value)}</q>;
    return (
      <LabelChip color={options.find((option) => option.value === value)?.color ?? undefined} gone={gone}>
        {nameIn(options, value)}
      </LabelChip>
    );
  }
  if (value.length === 0) return <span className={styles.none}>{task?.kind === "span" ? "No spans" : "None"}</span>;
  const chips = isSpans(value)
    ? value.map((span) => ({
        key: `${span.start}:${span.end}:${span.label}`,
        color: colorOf(options, span.label),
        text: (
          <>
            {visible(span.text)} <small className={styles.what}>{nameIn(options, span.label)}</small>
          </>
        ),
      }))
    : value.map((label) => ({ key: label, color: options.find((option) => option.value === label)?.color ?? undefined, text: nameIn(options, label) }));
  return (
    <span className={styles.chips}>
      {chips.slice(0, most).map(({ key, color, text }) => (
        <LabelChip key={key} color={color} gone={gone}>
          {text}
        </LabelChip>
      ))}
      {chips.length > most && <span className={styles.more}>+{chips.length - most}</span>}
    </span>
  );
}
