import { Link } from "@tanstack/react-router";
import { ArrowRight } from "lucide-react";

import { buttonClass } from "@/ui/button";
import { JobActions } from "@/domain/jobs/job-actions";
import { OutcomeBar } from "@/domain/jobs/outcome-bar";
import { Pace } from "@/domain/jobs/pace";
import { StateBadge } from "@/domain/jobs/state-badge";
import styles from "@/features/jobs/jobs-page.module.css";
import type { Job, ReviewQueue } from "@/lib/api/types";
import { ago, count, counted } from "@/lib/format";
import { useSession } from "@/lib/session";

interface Props {
  job: Job;
  queue: ReviewQueue | undefined;
  /** Given when jobs of several projects stand together. */
  projectName: string | undefined;
}

export function JobCard({ job, queue, projectName }: Props) {
  const { mayManage } = useSession();
  return (
    <article className={styles.card}>
      <div className={styles.top}>
        <div className={styles.names}>
          <h2 className={styles.name}>
            <Link to="/jobs/$jobId" params={{ jobId: job.id }}>
              {job.name}
            </Link>
            <StateBadge job={job} />
          </h2>
          <p className={styles.facts}>
            {[projectName, counted(job.size, "record"), job.agent.model, `started ${ago(job.started_at ?? job.created_at)}`].filter(Boolean).join(" · ")}
          </p>
        </div>
        <div className={styles.buttons}>
          <ReviewLink job={job} queue={queue} />
          {mayManage && <JobActions job={job} />}
        </div>
      </div>
      {["waiting", "running"].includes(job.state) && job.state_reason && <p className={styles.reason}>{job.state_reason}</p>}
      <OutcomeBar counts={job.counts} size={job.size} aside={<Pace job={job} />} />
    </article>
  );
}

function ReviewLink({ job, queue }: { job: Job; queue: ReviewQueue | undefined }) {
  const { mayReview } = useSession();
  if (!queue) return null;
  if (queue.open === 0) {
    if (queue.decided === 0) return null;
    return <span className={styles.review}>All {count(queue.decided)} reviewed</span>;
  }
  if (!mayReview) return <span className={styles.review}>{count(queue.open)} to review</span>;
  return (
    <Link to="/review/$jobId" params={{ jobId: job.id }} className={buttonClass({ variant: "primary" })}>
      Review {count(queue.open)}
      <ArrowRight size={15} aria-hidden="true" />
    </Link>
  );
}
