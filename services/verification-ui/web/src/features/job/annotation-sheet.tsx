import { useQuery } from "@tanstack/react-query";

import { Dialog } from "@/components/dialog";
import { ProblemLine } from "@/components/notice";
import { Skeleton } from "@/components/skeleton";
import { annotationQuery } from "@/features/job/annotations";
import styles from "@/features/job/annotations-list.module.css";
import type { AnnotationDetail } from "@/lib/api/types";
import { dateTime, duration, percent, words } from "@/lib/format";
import { valueText } from "@/lib/label-values";

interface Props {
  jobId: string;
  /** Null keeps the sheet closed. */
  seq: number | null;
  nameOf: (value: string) => string;
  onClose: () => void;
}

/** One record: its text, the label and how it was found, the raw answer, people's decision. */
export function AnnotationSheet({ jobId, seq, nameOf, onClose }: Props) {
  const { data, error, refetch } = useQuery({ ...annotationQuery(jobId, seq ?? 0), enabled: seq !== null });
  return (
    <Dialog side open={seq !== null} onClose={onClose} title={data?.record_id ?? "Record"}>
      {error && !data ? <ProblemLine error={error} onRetry={() => void refetch()} /> : data ? <Content annotation={data} nameOf={nameOf} /> : <Skeleton height={160} />}
    </Dialog>
  );
}

function Content({ annotation, nameOf }: { annotation: AnnotationDetail; nameOf: (value: string) => string }) {
  const fields = Object.entries(annotation.record?.fields ?? {});
  const gold = Object.values(annotation.record?.gold ?? {});
  const label = annotation.labels[0];
  const decided = annotation.verification?.values ? Object.values(annotation.verification.values) : [];
  const facts: [string, string | false | null | undefined][] = [
    ["Label", label && valueText(label.value, nameOf)],
    ["Confidence", label && (label.confidence != null ? percent(label.confidence, 1) : "none")],
    ["Found by", label?.rule && words(label.rule)],
    ["Gold label", gold.length > 0 && gold.map(nameOf).join(", ")],
    ["Decided", annotation.verification && decided.length > 0 && `${decided.map((value) => valueText(value, nameOf)).join(", ")} by ${annotation.verification.decided_by}`],
    ["Reason", annotation.reason && words(annotation.reason)],
    ["Detail", annotation.detail],
    ["Model", annotation.model],
    ["Took", annotation.seconds != null && (annotation.seconds < 1 ? `${Math.round(annotation.seconds * 1000)} ms` : duration(annotation.seconds))],
    ["Attempt", annotation.attempt > 1 && String(annotation.attempt)],
    ["Written", dateTime(annotation.created_at)],
  ];
  return (
    <div className={styles.sheet}>
      {fields.map(([name, value]) => (
        <div key={name}>
          <h3>{words(name)}</h3>
          <p className={styles.text}>{value}</p>
        </div>
      ))}
      <dl className={styles.facts}>
        {facts.map(
          ([term, value]) =>
            value && (
              <div key={term} style={{ display: "contents" }}>
                <dt>{term}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
      {annotation.raw && (
        <div>
          <h3>Raw answer of the model</h3>
          <pre className={styles.raw} tabIndex={0}>
            {annotation.raw}
          </pre>
        </div>
      )}
    </div>
  );
}
