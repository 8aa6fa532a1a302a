import clsx from "clsx";
import type { CSSProperties, ReactNode } from "react";

import styles from "@/domain/label-chip.module.css";

interface Props {
  /** None for values that have no label, e.g. numbers. */
  color?: string | undefined;
  /** Struck through: what is not held any more. */
  gone?: boolean;
  children: ReactNode;
}

/** A label as it is read, with its colour. */
export function LabelChip({ color, gone = false, children }: Props) {
  return (
    <span className={clsx(styles.chip, gone && styles.gone)} style={{ "--label": color ?? "var(--ink-3)" } as CSSProperties}>
      {color !== undefined && <span className={styles.dot} aria-hidden="true" />}
      <span className={styles.name}>{children}</span>
    </span>
  );
}
