import { useQuery } from "@tanstack/react-query";

import { Dialog } from "@/ui/dialog";
import { ProblemLine } from "@/ui/notice";
import { Skeleton } from "@/ui/skeleton";
import { annotationQuery } from "@/features/job/annotations";
import styles from "@/features/job/annotations-list.module.css";
import { Calls, Samples } from "@/features/job/how-it-came";
import { RecordText } from "@/features/job/record-text";
import { TaskAnswer } from "@/features/job/task-answer";
import { labelSchemaQuery } from "@/lib/api/label-schema";
import type { AnnotationDetail, Job, LabelTask } from "@/lib/api/types";
import { counted, dateTime, words } from "@/lib/format";
import { seconds } from "@/lib/measures";
import { visible } from "@/lib/visible";

interface Props {
  job: Job;
  /** Null keeps the sheet closed. */
  seq: number | null;
  onClose: () => void;
}

/** One record: its text, each label and how it was found, the raw answer, people's decision. */
export function AnnotationSheet({ job, seq, onClose }: Props) {
  const { data, error, refetch } = useQuery({ ...annotationQuery(job.id, seq ?? 0), enabled: seq !== null });
  const { data: schema } = useQuery(labelSchemaQuery(job.label_schema_id));
  return (
    <Dialog side open={seq !== null} onClose={onClose} title={data?.record_id ?? "Record"}>
      {error && !data ? <ProblemLine error={error} onRetry={() => void refetch()} /> : data ? <Content annotation={data} tasks={schema?.tasks ?? []} /> : <Skeleton height={160} />}
    </Dialog>
  );
}

function Content({ annotation, tasks }: { annotation: AnnotationDetail; tasks: readonly LabelTask[] }) {
  const { verification } = annotation;
  const facts: [string, string | false | null | undefined][] = [
    ["Decided", verification && `${verification.confirmed ? "confirmed" : "corrected"} by ${verification.decided_by}, ${dateTime(verification.decided_at)}`],
    ["Reason", annotation.reason && words(annotation.reason)],
    ["Detail", annotation.detail],
    ["For review", annotation.needs_review && asked(annotation)],
    ["Model", `${annotation.model}${annotation.fallback_used ? ", the agent's fallback model" : ""}`],
    ["Repaired", annotation.repaired && "the model was told what was wrong, and asked again"],
    ["Made of", annotation.sources.length > 0 && counted(annotation.sources.length, "annotation of another job", "annotations of other jobs")],
    ["Took", annotation.seconds != null && seconds(annotation.seconds)],
    ["Attempt", annotation.attempt > 1 && String(annotation.attempt)],
    ["Written", dateTime(annotation.created_at)],
  ];
  return (
    <div className={styles.sheet}>
      <RecordText annotation={annotation} tasks={tasks} />
      {tasks.map((task) => (
        <TaskAnswer key={task.name} annotation={annotation} task={task} titled={tasks.length > 1} />
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
      <Samples samples={annotation.samples} tasks={tasks} />
      <Calls calls={annotation.calls} />
      {annotation.raw && (
        <div>
          <h3>Raw answer of the model</h3>
          <pre className={styles.raw} tabIndex={0}>
            {visible(annotation.raw)}
          </pre>
        </div>
      )}
    </div>
  );
}

const asked = ({ review_causes: causes, review_reason: reason }: AnnotationDetail): string =>
  causes.length > 0 ? causes.map((cause) => `${words(cause.task)}: ${words(cause.reason).toLowerCase()}`).join(", ") : words(reason ?? "asked for");
