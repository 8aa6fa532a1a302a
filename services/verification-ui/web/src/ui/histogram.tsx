import clsx from "clsx";

import { Tip } from "@/ui/tip";
import styles from "@/ui/histogram.module.css";
import { counted, percent } from "@/lib/format";

/** How sure the model was, in ten equal bins, with the threshold below which people look. */
export function Histogram({ bins, threshold }: { bins: number[]; threshold: number }) {
  const most = Math.max(1, ...bins);
  const width = 1 / bins.length;
  return (
    <figure>
      <div className={styles.plot}>
        {bins.map((value, index) => {
          const range = `${percent(index * width)} to ${percent((index + 1) * width)}`;
          return (
            <Tip key={range} text={`${range} sure: ${counted(value, "label")}`}>
              <div
                className={clsx(styles.column, (index + 0.5) * width < threshold && styles.below)}
                role="img"
                aria-label={`${range} sure: ${counted(value, "label")}`}
              >
                <div className={styles.fill} style={{ height: value ? `max(${(value / most) * 84}%, 2px)` : 0 }} />
              </div>
            </Tip>
          );
        })}
        <div className={clsx(styles.threshold, threshold < 0.35 && styles.left)} style={{ left: `${threshold * 100}%` }}>
          <span>reviewed below {percent(threshold)}</span>
        </div>
      </div>
      <div className={clsx(styles.axis, "tabular")} aria-hidden="true">
        <span>0%</span>
        <span>50%</span>
        <span>100%</span>
      </div>
    </figure>
  );
}
