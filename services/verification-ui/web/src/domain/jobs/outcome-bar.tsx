import clsx from "clsx";
import type { ReactNode } from "react";

import { Bar } from "@/ui/bar";
import styles from "@/domain/jobs/outcome-bar.module.css";
import type { OutcomeCounts } from "@/lib/api/types";
import { count, percent } from "@/lib/format";

const legend = [
  { key: "labeled", word: "labeled", tone: "accent" },
  { key: "invalid", word: "invalid", tone: "warn" },
  { key: "failed", word: "failed", tone: "bad" },
  { key: "not_run", word: "not run", tone: null },
] as const;

/** How far a job is, by outcome; the four counts always add up to its size. */
export function OutcomeBar({ counts, size, aside, height = 8 }: { counts: OutcomeCounts; size: number; aside?: ReactNode; height?: number }) {
  const of = (value: number) => (size > 0 ? value / size : 0);
  const ended = counts.labeled + counts.invalid + counts.failed;
  return (
    <div>
      <Bar
        height={height}
        label={`${percent(of(ended))} of the records have ended`}
        value={of(ended)}
        parts={[
          { tone: "accent", share: of(counts.labeled) },
          { tone: "warn", share: of(counts.invalid) },
          { tone: "bad", share: of(counts.failed) },
        ]}
      />
      <div className={clsx(styles.legend, "tabular")}>
        {legend.map(({ key, word, tone }) => (
          <span key={key} className={clsx(styles.entry, counts[key] === 0 && styles.none)}>
            <span className={clsx(styles.dot, tone && styles[tone])} aria-hidden="true" />
            <span>
              <b>{count(counts[key])}</b> {word}
            </span>
          </span>
        ))}
        {aside && <span className={styles.aside}>{aside}</span>}
      </div>
    </div>
  );
}
