import { ChoiceView } from "@/domain/tasks/single-choice/view";
import styles from "@/domain/value-view.module.css";
import type { LabelOption } from "@/lib/api/types";

/** Several labels as chips, at most `most` of them. */
export function ChoicesView({ options, value, gone, most }: { options: readonly LabelOption[]; value: readonly string[]; gone: boolean; most: number }) {
  return (
    <span className={styles.chips}>
      {value.slice(0, most).map((label) => (
        <ChoiceView key={label} options={options} value={label} gone={gone} />
      ))}
      {value.length > most && <span className={styles.more}>+{value.length - most}</span>}
    </span>
  );
}
