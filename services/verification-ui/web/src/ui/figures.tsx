import type { ReactNode } from "react";

import styles from "@/ui/figures.module.css";

export interface Figure {
  name: string;
  value: ReactNode;
  /** What belongs to it: an interval, of how many. */
  note?: ReactNode;
}

/** Numbers side by side, each with its name; those without a value are left out. */
export function Figures({ figures }: { figures: readonly (Figure | false | null)[] }) {
  const shown = figures.filter((figure): figure is Figure => Boolean(figure));
  return (
    <dl className={styles.figures}>
      {shown.map(({ name, value, note }) => (
        <div key={name} className={styles.figure}>
          <dt>{name}</dt>
          <dd className="tabular">
            {value}
            {note && <small>{note}</small>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
