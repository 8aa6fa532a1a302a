import { useQuery } from "@tanstack/react-query";

import { Bar } from "@/components/bar";
import { ProblemLine } from "@/components/notice";
import { Panel } from "@/components/panel";
import { Skeleton } from "@/components/skeleton";
import { Histogram } from "@/features/job/histogram";
import { JobFacts } from "@/features/job/job-facts";
import styles from "@/features/job/job-page.module.css";
import { reportQuery } from "@/features/job/report";
import { labelSchemaQuery } from "@/lib/api/label-schema";
import type { Job, JobReport, LabelTask } from "@/lib/api/types";
import { count, counted, percent, words } from "@/lib/format";
import { nameIn, optionsOf } from "@/lib/label-values";

/** What came out so far: labels, accuracy, confidence, reasons; and the facts of the job. */
export function Report({ job }: { job: Job }) {
  const { data: report, error, refetch } = useQuery(reportQuery(job.id, job.state === "running"));
  const { data: schema } = useQuery(labelSchemaQuery(job.label_schema_id));
  const tasks = schema?.tasks ?? [];

  return (
    <div className={styles.grid}>
      <Panel title="Labels" note={report && counted(total(report), "label")}>
        {error && !report ? (
          <ProblemLine error={error} onRetry={() => void refetch()} />
        ) : report ? (
          <Distribution report={report} tasks={tasks} />
        ) : (
          <Skeleton height={120} />
        )}
      </Panel>
      <Panel title="Confidence" note={report && withConfidence(report)}>
        {report ? (
          report.confidence_histogram.some((value) => value > 0) ? (
            <Histogram bins={report.confidence_histogram} threshold={job.review_policy.threshold} />
          ) : (
            <p className={styles.quiet}>No label carries a confidence so far: the model gave none, or nothing is labeled yet.</p>
          )
        ) : (
          <Skeleton height={120} />
        )}
      </Panel>
      <Panel title="About this job">
        <JobFacts job={job} />
      </Panel>
      <Panel title="Not labeled" note={report && counted(job.counts.invalid + job.counts.failed, "record")}>
        {report ? <Reasons reasons={report.reasons} /> : <Skeleton height={80} />}
      </Panel>
    </div>
  );
}

const total = (report: JobReport): number =>
  Object.values(report.labels).reduce((sum, values) => sum + Object.values(values).reduce((part, value) => part + value, 0), 0);

const withConfidence = (report: JobReport): string | undefined => {
  const known = report.confidence_histogram.reduce((sum, value) => sum + value, 0);
  return known > 0 ? `${count(known)} with a confidence` : undefined;
};

function Distribution({ report, tasks }: { report: JobReport; tasks: readonly LabelTask[] }) {
  const labels = Object.entries(report.labels);
  const all = total(report);
  if (all === 0) return <p className={styles.quiet}>Nothing is labeled yet.</p>;
  return (
    <>
      {labels.map(([name, values]) => {
        const rows = Object.entries(values).sort(([, one], [, other]) => other - one);
        const sum = rows.reduce((part, [, value]) => part + value, 0);
        return (
          <div key={name} className={styles.bars}>
            {rows.map(([value, number]) => (
              <div key={value} className={styles.row}>
                <span>{nameIn(optionsOf(tasks.find((task) => task.name === name)), value)}</span>
                <span className={`${styles.value ?? ""} tabular`}>
                  <b>{count(number)}</b>
                  {percent(number / sum)}
                </span>
                <Bar parts={[{ share: number / sum, tone: "accent" }]} />
              </div>
            ))}
          </div>
        );
      })}
      {report.accuracy != null && (
        <p className={`${styles.accuracy ?? ""} tabular`}>
          <b>{percent(report.accuracy, 1)}</b> agree with the gold label, of {counted(report.gold_compared, "record")} that carry one
        </p>
      )}
    </>
  );
}

function Reasons({ reasons }: { reasons: Record<string, number> }) {
  const rows = Object.entries(reasons).sort(([, one], [, other]) => other - one);
  const most = Math.max(1, ...rows.map(([, value]) => value));
  if (rows.length === 0) return <p className={styles.quiet}>Every answer so far could be read as a label.</p>;
  return (
    <div className={styles.bars}>
      {rows.map(([reason, value]) => (
        <div key={reason} className={styles.row}>
          <span>{words(reason)}</span>
          <span className={`${styles.value ?? ""} tabular`}>
            <b style={{ marginRight: 0 }}>{count(value)}</b>
          </span>
          <Bar parts={[{ share: value / most, tone: "warn" }]} />
        </div>
      ))}
    </div>
  );
}
