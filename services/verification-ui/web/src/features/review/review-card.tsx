import clsx from "clsx";
import { CircleHelp, Gauge, OctagonAlert, TriangleAlert } from "lucide-react";
import { useEffect, useRef } from "react";

import { Badge } from "@/components/badge";
import { Bar } from "@/components/bar";
import { Tip } from "@/components/tip";
import { Options } from "@/features/review/options";
import { why } from "@/features/review/reasons";
import styles from "@/features/review/review-page.module.css";
import type { LabelValue, ReviewItem } from "@/lib/api/types";
import { count, percent, words } from "@/lib/format";

const icons = { low_confidence: Gauge, no_confidence: CircleHelp, invalid: TriangleAlert, failed: OctagonAlert };
const longText = 360;

interface Props {
  item: ReviewItem;
  /** The label just picked, visible for a moment before the next item comes. */
  chosen: LabelValue | null;
  threshold: number | null;
  open: number | null;
  decided: number;
  onChoose: (value: string) => void;
}

/** One record: what it says, what the model thinks, what may be answered. Made anew for each item. */
export function ReviewCard({ item, chosen, threshold, open, decided, onChoose }: Props) {
  const card = useRef<HTMLElement>(null);
  useEffect(() => {
    // Focus follows the item, so that Enter never presses a button of the one before.
    card.current?.focus({ preventScroll: true });
  }, []);
  const { word, tone, sentence } = why(item);
  const Icon = icons[item.reason];
  const fields = Object.entries(item.fields);

  return (
    <article ref={card} tabIndex={-1} className={clsx(styles.card, styles.appear)} aria-label={`Record ${item.record_id}`}>
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

      <div className={styles.texts}>
        {fields.map(([name, value]) => (
          <div key={name} className={styles.field}>
            {fields.length > 1 && <h3>{words(name)}</h3>}
            <p className={clsx(styles.text, value.length > longText && styles.long)} dir="auto" tabIndex={value.length > longText ? 0 : undefined}>
              {value || "(empty)"}
            </p>
          </div>
        ))}
      </div>

      <div className={styles.ask}>
        <h2 className={styles.question}>{item.task.question || words(item.task.name)}</h2>
        <Sureness item={item} threshold={threshold} />
      </div>
      <Options item={item} chosen={chosen} onChoose={onChoose} />
      {item.raw && item.reason === "invalid" && (
        <details className={styles.raw} open>
          <summary>What the model answered</summary>
          <pre>{item.raw}</pre>
        </details>
      )}
    </article>
  );
}

/** How sure the model is of its label, against the threshold of the job; says in words when that is unknown. */
function Sureness({ item, threshold }: { item: ReviewItem; threshold: number | null }) {
  const { suggestion } = item;
  if (!suggestion) return <span className={styles.sure}>No suggestion from the model</span>;
  if (suggestion.confidence == null) return <span className={styles.sure}>The model gave no confidence</span>;
  const meter = (
    <span className={styles.meter} style={{ display: "block" }}>
      <Bar parts={[{ share: suggestion.confidence, tone: item.reason === "low_confidence" ? "warn" : "accent" }]} />
      {threshold !== null && <span className={styles.tick} style={{ left: `${threshold * 100}%` }} />}
    </span>
  );
  return (
    <span className={clsx(styles.sure, "tabular")}>
      <span>
        <b>{percent(suggestion.confidence)}</b> confident
      </span>
      {threshold === null ? meter : <Tip text={`Labels below ${percent(threshold)} are reviewed in this job`}>{meter}</Tip>}
    </span>
  );
}
