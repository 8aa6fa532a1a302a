import { LabelChip } from "@/domain/label-chip";
import { colorOf } from "@/domain/label-colors";
import { nameIn } from "@/domain/label-values";
import styles from "@/domain/value-view.module.css";
import type { LabelOption, LabelSpan } from "@/lib/api/types";
import { visible } from "@/lib/visible";

/** Spans as chips of their text and label, at most `most` of them. */
export function SpansView({ options, value, gone, most }: { options: readonly LabelOption[]; value: readonly LabelSpan[]; gone: boolean; most: number }) {
  return (
    <span className={styles.chips}>
      {value.slice(0, most).map((span) => (
        <LabelChip key={`${span.start}:${span.end}:${span.label}`} color={colorOf(options, span.label)} gone={gone}>
          <bdi>{visible(span.text)}</bdi> <small className={styles.what}>{nameIn(options, span.label)}</small>
        </LabelChip>
      ))}
      {value.length > most && <span className={styles.more}>+{value.length - most}</span>}
    </span>
  );
}
