import clsx from "clsx";
import { CircleHelp, Dices, EyeOff, Gauge, OctagonAlert, Scale, TriangleAlert } from "lucide-react";
import type { ReactNode, Ref } from "react";

import { Badge } from "@/ui/badge";
import { Tip } from "@/ui/tip";
import { why } from "@/features/review/reasons";
import styles from "@/features/review/review-page.module.css";
import type { ReviewItem } from "@/lib/api/types";
import { count } from "@/lib/format";
import { visible } from "@/lib/visible";

const icons = { blind: EyeOff, low_confidence: Gauge, no_confidence: CircleHelp, invalid: TriangleAlert, failed: OctagonAlert, disagreement: Scale, audit: Dices };

interface Props {
  ref: Ref<HTMLElement>;
  item: ReviewItem;
  open: number | null;
  decided: number;
  /** The record and the questions. */
  children: ReactNode;
}

/** One record: why it is here, what it says, what is asked. Made anew for each item. */
export function ReviewCard({ ref, item, open, decided, children }: Props) {
  const { word, tone, sentence } = why(item);
  const Icon = icons[item.reason];
  return (
    <article ref={ref} tabIndex={-1} className={clsx(styles.card, styles.appear)} aria-label={`Record ${item.record_id}`}>
      <div className={styles.status}>
        <Tip text={sentence}>
          <span tabIndex={0} style={{ borderRadius: 11 }}>
            <Badge tone={tone} icon={<Icon size={13} aria-hidden="true" />}>
              {word}
            </Badge>
          </span>
        </Tip>
        <span className={styles.recordId}>{item.record_id}</span>
        {item.attempt > 1 && <span>attempt {item.attempt}</span>}
        <span className={styles.spring} />
        <span className="tabular">
          {decided > 0 && `${count(decided)} decided`}
          {decided > 0 && open !== null && " · "}
          {open !== null && `${count(open)} open`}
        </span>
      </div>
      {children}
      {item.raw && item.reason === "invalid" && (
        <details className={styles.raw} open>
          <summary>What the model answered</summary>
          <pre>{visible(item.raw)}</pre>
        </details>
      )}
    </article>
  );
}
