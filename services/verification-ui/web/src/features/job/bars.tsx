import { Bar } from "@/ui/bar";
import type { Tone } from "@/ui/badge";
import styles from "@/features/job/job-page.module.css";
import { count, percent } from "@/lib/format";

export interface BarRow {
  key: string;
  name: string;
  number: number;
  color?: string | undefined;
}

interface Props {
  rows: readonly BarRow[];
  /** The whole that shares are of; without it bars are scaled to the longest, and no share is told. */
  whole?: number;
  tone?: Tone;
}

/** Counts by name as bars. */
export function Bars({ rows, whole, tone = "accent" }: Props) {
  const most = Math.max(1, ...rows.map(({ number }) => number));
  return (
    <div className={styles.bars}>
      {rows.map(({ key, name, number, color }) => (
        <div key={key} className={styles.row}>
          <span className={styles.barName}>
            {color && <span className={styles.dot} style={{ background: color }} aria-hidden="true" />}
            {name}
          </span>
          <span className={`${styles.value ?? ""} tabular`}>
            <b>{count(number)}</b>
            {whole !== undefined && <span>{percent(whole ? number / whole : 0)}</span>}
          </span>
          <Bar parts={[{ share: number / (whole === undefined ? most : whole || 1), tone }]} />
        </div>
      ))}
    </div>
  );
}
