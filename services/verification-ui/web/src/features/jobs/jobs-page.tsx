import { useQueries, useQuery } from "@tanstack/react-query";
import { Rows3 } from "lucide-react";
import { useMemo } from "react";

import { CopyLine } from "@/ui/copy-line";
import { Notice, ProblemLine, ProblemNotice } from "@/ui/notice";
import { Skeleton } from "@/ui/skeleton";
import { JobCard } from "@/features/jobs/job-card";
import styles from "@/features/jobs/jobs-page.module.css";
import { isLive, jobsQuery } from "@/lib/api/jobs";
import { projectsQuery } from "@/lib/api/projects";
import { reviewQueuesQuery } from "@/lib/api/review-queues";
import { counted } from "@/lib/format";
import { useSession } from "@/lib/session";

/** All jobs that the caller may see, of one project or of all, the newest first. */
export function JobsPage({ projectId }: { projectId: string | null }) {
  const projects = useQuery(projectsQuery);
  const shown = projects.data?.filter(({ id }) => projectId === null || id === projectId) ?? [];
  const answers = useQueries({ queries: shown.map(({ id }) => jobsQuery(id)) });
  const jobs = answers.flatMap(({ data }) => data ?? []).sort((one, other) => other.created_at.localeCompare(one.created_at));
  const queues = useQuery(reviewQueuesQuery(jobs.some(isLive)));
  const queueOf = useMemo(() => new Map(queues.data?.map((queue) => [queue.job_id, queue])), [queues.data]);

  const failure = answers.find(({ error }) => error !== null);
  const loading = projects.isPending || answers.some(({ isPending }) => isPending);
  const projectName = new Map(projects.data?.map(({ id, name }) => [id, name]));
  const running = jobs.filter(({ state }) => state === "running").length;

  let content;
  if (projects.error && !projects.data) {
    content = <ProblemNotice error={projects.error} onRetry={() => void projects.refetch()} />;
  } else if (failure && jobs.length === 0) {
    content = <ProblemNotice error={failure.error} onRetry={() => void failure.refetch()} />;
  } else if (loading && jobs.length === 0) {
    content = <Waiting />;
  } else if (jobs.length === 0) {
    content = <NoJobs />;
  } else {
    content = (
      <ul className={styles.list}>
        {jobs.map((job) => (
          <li key={job.id}>
            <JobCard
              job={job}
              queue={queueOf.get(job.id)}
              projectName={(projects.data?.length ?? 0) > 1 && projectId === null ? projectName.get(job.project_id) : undefined}
            />
          </li>
        ))}
      </ul>
    );
  }

  return (
    <div className="page">
      <div className={styles.head}>
        <h1 className={styles.title}>Jobs</h1>
        {jobs.length > 0 && (
          <span className={styles.summary}>
            {counted(jobs.length, "job")}
            {running > 0 && ` · ${running} running`}
          </span>
        )}
      </div>
      {jobs.length > 0 && (failure ?? queues.error) && (
        <div className={styles.problem}>
          <ProblemLine error={failure?.error ?? queues.error} />
        </div>
      )}
      {content}
    </div>
  );
}

function Waiting() {
  return (
    <div className={styles.list} role="status" aria-label="Loading the jobs">
      {[0, 1].map((row) => (
        <div key={row} className={styles.card}>
          <div className={styles.top}>
            <div className={styles.names}>
              <Skeleton width={220} height={16} />
              <div className={styles.facts}>
                <Skeleton width={320} height={12} />
              </div>
            </div>
          </div>
          <Skeleton height={8} radius={8} />
          <div className={styles.facts}>
            <Skeleton width="60%" height={12} />
          </div>
        </div>
      ))}
    </div>
  );
}

const commands = [
  "tandem import tweets.csv --project tweets --text-column text",
  "tandem schema create sentiment --project tweets --labels positive,neutral,negative",
  "tandem agent create sentiment --project tweets --schema sentiment --provider openai --model gpt-4.1-mini",
  "tandem run --project tweets --dataset tweets --agent sentiment",
];

function NoJobs() {
  const { mayManage } = useSession();
  return (
    <Notice
      icon={<Rows3 size={20} />}
      title="No jobs yet"
      extra={
        mayManage && (
          <div className={styles.commands}>
            {commands.map((command) => (
              <CopyLine key={command} command={command} />
            ))}
          </div>
        )
      }
    >
      {mayManage
        ? "A job lets a language model label every record of a data set, and brings what it was unsure of here. Four commands start one:"
        : "A job lets a language model label every record of a data set. As soon as an admin starts one in your projects, it appears here."}
    </Notice>
  );
}
