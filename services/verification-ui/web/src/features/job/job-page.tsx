import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArrowLeft, ArrowRight, Scale, Table2 } from "lucide-react";

import { buttonClass } from "@/ui/button";
import { JobActions } from "@/domain/jobs/job-actions";
import { ProblemLine, ProblemNotice } from "@/ui/notice";
import { OutcomeBar } from "@/domain/jobs/outcome-bar";
import { Pace } from "@/domain/jobs/pace";
import panel from "@/ui/panel.module.css";
import { Skeleton } from "@/ui/skeleton";
import { StateBadge } from "@/domain/jobs/state-badge";
import type { JobView } from "@/features/job/annotation-filter";
import { AnnotationSheet } from "@/features/job/annotation-sheet";
import { Annotations } from "@/features/job/annotations-list";
import { ExportMenu } from "@/features/job/export-menu";
import styles from "@/features/job/job-page.module.css";
import { Report } from "@/features/job/report-panels";
import { isLive, jobQuery } from "@/lib/api/jobs";
import { Problem } from "@/lib/api/problem";
import { reviewQueuesQuery } from "@/lib/api/review-queues";
import type { Job } from "@/lib/api/types";
import { ago, count, counted, percent } from "@/lib/format";
import { useSession } from "@/lib/session";

interface Props {
  jobId: string;
  view: JobView;
  onView: (view: JobView) => void;
}

export function JobPage({ jobId, view: { record, ...filter }, onView }: Props) {
  const { data: job, error, refetch } = useQuery(jobQuery(jobId));

  if (!job) {
    if (!error) return <Waiting />;
    const gone = Problem.from(error).status === 404;
    return (
      <div className="page">
        <ProblemNotice
          error={gone ? new Problem({ status: 404, title: "No such job", detail: "It does not exist, or belongs to a project you are not in." }) : error}
          {...(!gone && { onRetry: () => void refetch() })}
          actions={
            <Link to="/" className={buttonClass()}>
              <ArrowLeft size={15} aria-hidden="true" />
              All jobs
            </Link>
          }
        />
      </div>
    );
  }

  const open = (seq: number) => onView({ ...filter, record: seq });
  return (
    <div className="page">
      <Head job={job} />
      {error && <ProblemLine error={error} />}
      {job.state === "waiting" && (
        <p className={styles.waiting}>
          {job.state_reason ?? "The provider does not take calls. The job continues by itself as soon as it does."}
        </p>
      )}
      {job.state === "running" && job.state_reason && <p className={styles.waiting}>{job.state_reason}</p>}
      {job.notice && <p className={styles.waiting}>{job.notice}</p>}
      <section className={`${panel.panel ?? ""} ${styles.progress ?? ""}`} aria-label="Progress">
        <div className={`${styles.progressHead ?? ""} tabular`}>
          <p className={styles.big}>
            {percent(job.size ? (job.size - job.counts.not_run) / job.size : 1)}
            <small>of {counted(job.size, "record")}</small>
          </p>
          <span className={styles.pace}>
            <Pace job={job} />
          </span>
        </div>
        <OutcomeBar counts={job.counts} size={job.size} height={10} />
      </section>
      <Report job={job} onOpen={open} />
      <Annotations job={job} filter={filter} onFilter={onView} onOpen={open} />
      <AnnotationSheet job={job} seq={record ?? null} onClose={() => onView(filter)} />
    </div>
  );
}

function Head({ job }: { job: Job }) {
  const { mayManage, mayReview } = useSession();
  const queues = useQuery(reviewQueuesQuery(isLive(job)));
  const open = queues.data?.find(({ job_id }) => job_id === job.id)?.open ?? 0;
  return (
    <div className={styles.head}>
      <div className={styles.names}>
        <h1 className={styles.title}>
          {job.name} <StateBadge job={job} />
        </h1>
        <p className={styles.facts}>
          {job.agent.name} v{job.agent.version} · {job.agent.model} · started {ago(job.started_at ?? job.created_at)}
        </p>
      </div>
      <div className={styles.actions}>
        {mayManage && <JobActions job={job} />}
        <Link to="/jobs/$jobId/records" params={{ jobId: job.id }} className={buttonClass()}>
          <Table2 size={15} aria-hidden="true" />
          Records
        </Link>
        <Link to="/compare" search={{ jobs: [job.id] }} className={buttonClass()}>
          <Scale size={15} aria-hidden="true" />
          Compare
        </Link>
        <ExportMenu jobId={job.id} />
        {mayReview && open > 0 && (
          <Link to="/review/$jobId" params={{ jobId: job.id }} className={buttonClass({ variant: "primary" })}>
            Review {count(open)}
            <ArrowRight size={15} aria-hidden="true" />
          </Link>
        )}
      </div>
    </div>
  );
}

function Waiting() {
  return (
    <div className="page" role="status" aria-label="Loading the job">
      <div className={styles.head}>
        <div className={styles.names}>
          <Skeleton width={320} height={26} />
          <p className={styles.facts}>
            <Skeleton width={240} />
          </p>
        </div>
      </div>
      <Skeleton height={118} radius={12} />
      <div className={styles.grid} style={{ marginTop: 16 }}>
        <Skeleton height={240} radius={12} />
        <Skeleton height={240} radius={12} />
      </div>
    </div>
  );
}
