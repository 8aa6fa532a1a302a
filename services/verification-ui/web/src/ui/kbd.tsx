import clsx from "clsx";
import type { ReactNode } from "react";

import styles from "@/ui/kbd.module.css";

/** A key; hidden where there is no keyboard. */
export function Kbd({ children, onAccent = false }: { children: ReactNode; onAccent?: boolean }) {
  return (
    <kbd className={clsx(styles.kbd, onAccent && styles.onAccent)} aria-hidden="true">
      {children}
    </kbd>
  );
}
