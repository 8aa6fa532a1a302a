import clsx from "clsx";

import type { Tone } from "@/ui/badge";
import styles from "@/ui/bar.module.css";

export interface BarPart {
  share: number;
  tone: Tone;
}

interface Props {
  parts: BarPart[];
  /** What a screen reader says; without it the bar is decoration beside a number. */
  label?: string;
  /** Share that counts as done, 0–1; with a label only. */
  value?: number;
  height?: number;
  className?: string | undefined;
}

/** A thin bar of one or more parts on a track. */
export function Bar({ parts, label, value = 0, height = 6, className }: Props) {
  const meaning = label
    ? { role: "progressbar", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": Math.round(value * 100) }
    : { "aria-hidden": true };
  return (
    <div className={clsx(styles.track, className)} style={{ "--bar-height": `${height}px` } as React.CSSProperties} {...meaning}>
      {parts
        .filter((part) => part.share > 0)
        .map((part) => (
          <span key={part.tone} className={clsx(styles.part, styles[part.tone])} style={{ width: `max(${(part.share * 100).toFixed(3)}%, 2px)` }} />
        ))}
    </div>
  );
}
