import clsx from "clsx";
import type { ReactNode } from "react";

import styles from "@/ui/badge.module.css";

export type Tone = "neutral" | "accent" | "good" | "warn" | "bad";

interface Props {
  tone?: Tone;
  /** A dot before the word; `live` lets it breathe. */
  dot?: boolean | "live";
  icon?: ReactNode;
  children: ReactNode;
}

export function Badge({ tone = "neutral", dot = false, icon, children }: Props) {
  return (
    <span className={clsx(styles.badge, tone !== "neutral" && styles[tone])}>
      {dot && <span className={clsx(styles.dot, dot === "live" && styles.pulse)} aria-hidden="true" />}
      {icon}
      {children}
    </span>
  );
}
