import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Scale } from "lucide-react";

import { buttonClass } from "@/ui/button";
import { Notice, ProblemNotice } from "@/ui/notice";
import { Segments } from "@/ui/segments";
import { Skeleton } from "@/ui/skeleton";
import { AgentsPanel } from "@/features/compare/agents-panel";
import { AgreementPanel } from "@/features/compare/agreement-panel";
import styles from "@/features/compare/compare-page.module.css";
import { comparisonQuery, fewest } from "@/features/compare/comparison";
import { Differences } from "@/features/compare/differences";
import { JobPicker } from "@/features/compare/job-picker";
import { PairPanels } from "@/features/compare/pair-panels";
import { jobQuery } from "@/lib/api/jobs";
import { labelSchemaQuery } from "@/lib/api/label-schema";
import { count, percent, words } from "@/lib/format";

/** What is compared; lives in the address. */
export interface CompareView {
  jobs: string[];
  task?: string;
}

interface Props {
  view: CompareView;
  onView: (view: CompareView) => void;
}

/** How far the agents of jobs over one data set agree, who is right more often, and where they differ. */
export function ComparePage({ view, onView }: Props) {
  const [first = ""] = view.jobs;
  const { data: job } = useQuery({ ...jobQuery(first), enabled: first !== "" });
  const { data: schema } = useQuery({ ...labelSchemaQuery(job?.label_schema_id ?? ""), enabled: job !== undefined });
  const { data: comparison, error, refetch } = useQuery(comparisonQuery(view.jobs));
  const shown = comparison?.tasks.find(({ task }) => task === view.task) ?? comparison?.tasks[0];
  const task = schema?.tasks.find(({ name }) => name === shown?.task);

  let content;
  if (view.jobs.length < fewest) {
    content = (
      <Notice
        icon={<Scale size={20} />}
        title={first === "" ? "Nothing to compare yet" : "Add a job to compare with"}
        {...(first === "" && {
          actions: (
            <Link to="/" className={buttonClass()}>
              All jobs
            </Link>
          ),
        })}
      >
        {first === "" ? "Open a job and choose Compare." : "Two to eight jobs over the same data set are compared on the records that all of them have."}
      </Notice>
    );
  } else if (error && !comparison) {
    content = <ProblemNotice error={error} onRetry={() => void refetch()} />;
  } else if (!comparison) {
    content = <Skeleton height={280} radius={12} />;
  } else if (!shown) {
    content = (
      <Notice icon={<Scale size={20} />} title="No task in common">
        {Object.entries(comparison.skipped_tasks)
          .map(([name, why]) => `${words(name)}: ${why}`)
          .join(". ") || "The label schemas of these jobs share no task of the same name and kind."}
      </Notice>
    );
  } else {
    const names = new Map(comparison.jobs.map(({ job_id, name }) => [job_id, name]));
    content = (
      <>
        {comparison.tasks.length > 1 && (
          <div className={styles.tasks}>
            <Segments label="Task" choices={comparison.tasks.map((each) => ({ value: each.task, name: words(each.task) }))} value={shown.task} onChange={(next) => onView({ ...view, task: next })} />
          </div>
        )}
        <div className={styles.grid}>
          <AgreementPanel task={shown} />
          <AgentsPanel comparison={comparison} task={shown} />
          <PairPanels key={shown.task} pairs={shown.pairs} names={names} task={task} />
        </div>
        {Object.keys(comparison.skipped_tasks).length > 0 && (
          <p className={styles.note}>
            Left out: {Object.entries(comparison.skipped_tasks).map(([name, why]) => `${words(name)} (${why})`).join(", ")}
          </p>
        )}
        <Differences key={`${shown.task} ${view.jobs.join()}`} jobs={view.jobs} compared={shown} names={names} task={task} />
      </>
    );
  }

  return (
    <div className="page">
      <div className={styles.head}>
        <h1 className={styles.title}>Compare agents</h1>
        {comparison && (
          <p className={styles.facts}>
            {count(comparison.records)} records{comparison.share < 1 && `; ${percent(comparison.share)} of them are in so far`}
          </p>
        )}
      </div>
      <JobPicker chosen={view.jobs} first={job} onChoose={(jobs) => onView({ ...view, jobs })} />
      {content}
    </div>
  );
}
