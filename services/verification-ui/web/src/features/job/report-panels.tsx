import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { ProblemLine } from "@/ui/notice";
import { Panel } from "@/ui/panel";
import { Segments } from "@/ui/segments";
import { Skeleton } from "@/ui/skeleton";
import { JobFacts } from "@/features/job/job-facts";
import styles from "@/features/job/job-page.module.css";
import { reportQuery } from "@/features/job/report";
import { ReviewPanel } from "@/features/job/review-panel";
import { RulesPanel, RunPanel, UnlabeledPanel } from "@/features/job/run-panels";
import { TaskPanels } from "@/features/job/task-panels";
import { labelSchemaQuery } from "@/lib/api/label-schema";
import type { Job } from "@/lib/api/types";
import { percent, words } from "@/lib/format";
import { thresholdOf } from "@/domain/review-policy";

/** What came out so far: the labels of each task and how right they are; what the run took; what could not be labeled. */
export function Report({ job, onOpen }: { job: Job; onOpen: (seq: number) => void }) {
  const { data: report, error, refetch } = useQuery(reportQuery(job.id, job.state === "running"));
  const { data: schema } = useQuery(labelSchemaQuery(job.label_schema_id));
  const [wanted, setWanted] = useState<string | null>(null);
  const shown = report?.tasks.find(({ task }) => task === wanted) ?? report?.tasks[0];

  if (!report) {
    return (
      <div className={styles.grid}>
        <Panel title="Report">{error ? <ProblemLine error={error} onRetry={() => void refetch()} /> : <Skeleton height={160} />}</Panel>
        <Panel title="About this job">
          <JobFacts job={job} />
        </Panel>
      </div>
    );
  }
  return (
    <section aria-label="Report">
      {report.share < 1 && <p className={styles.partly}>The report is being made: {percent(report.share)} of the records are in it.</p>}
      {shown && report.tasks.length > 1 && (
        <div className={styles.taskPicker}>
          <Segments label="Task" choices={report.tasks.map(({ task }) => ({ value: task, name: words(task) }))} value={shown.task} onChange={setWanted} />
        </div>
      )}
      <div className={styles.grid}>
        {shown && <TaskPanels key={shown.task} report={shown} task={schema?.tasks.find(({ name }) => name === shown.task)} threshold={thresholdOf(job.review_policy, shown.task) ?? 0} />}
        <ReviewPanel report={report} />
        <RunPanel report={report} />
        <RulesPanel report={report} />
        <Panel title="About this job">
          <JobFacts job={job} />
        </Panel>
        <UnlabeledPanel report={report} onOpen={onOpen} />
      </div>
    </section>
  );
}
