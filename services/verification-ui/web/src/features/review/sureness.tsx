import clsx from "clsx";

import { Bar } from "@/ui/bar";
import { Tip } from "@/ui/tip";
import styles from "@/features/review/sureness.module.css";
import type { Suggestion } from "@/lib/api/types";
import { percent } from "@/lib/format";

interface Props {
  suggestion: Suggestion | undefined;
  /** Labels less sure than this are reviewed. */
  threshold: number | null;
  small?: boolean;
}

/** How sure the model is of its label, against the threshold of the job; says in words when that is unknown. */
export function Sureness({ suggestion, threshold, small = false }: Props) {
  if (!suggestion) return <span className={styles.sure}>{small ? "No suggestion" : "No suggestion from the model"}</span>;
  const { confidence } = suggestion;
  if (confidence == null) return <span className={styles.sure}>{small ? "No confidence" : "The model gave no confidence"}</span>;
  const doubtful = threshold !== null && confidence < threshold;
  const meter = (
    <span className={clsx(styles.meter, small && styles.small)}>
      <Bar parts={[{ share: confidence, tone: doubtful ? "warn" : "accent" }]} height={small ? 4 : 6} />
      {threshold !== null && <span className={styles.tick} style={{ left: `${threshold * 100}%` }} />}
    </span>
  );
  return (
    <span className={clsx(styles.sure, "tabular")}>
      <span>
        <b>{percent(confidence)}</b>
        {small ? <span className="visually-hidden"> confident</span> : " confident"}
      </span>
      {threshold === null ? meter : <Tip text={`Labels below ${percent(threshold)} are reviewed in this job`}>{meter}</Tip>}
    </span>
  );
}
