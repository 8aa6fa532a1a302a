import clsx from "clsx";
import { useId, type ReactNode } from "react";

import styles from "@/ui/panel.module.css";

/** A titled surface. */
export function Panel({ title, note, className, children }: { title: string; note?: ReactNode; className?: string | undefined; children: ReactNode }) {
  const id = useId();
  return (
    <section className={clsx(styles.panel, className)} aria-labelledby={id}>
      <div className={styles.head}>
        <h2 className={styles.title} id={id}>
          {title}
        </h2>
        {note && <span className={clsx(styles.note, "tabular")}>{note}</span>}
      </div>
      <div className={styles.body}>{children}</div>
    </section>
  );
}
