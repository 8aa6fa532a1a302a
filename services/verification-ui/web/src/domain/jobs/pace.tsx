import type { Job } from "@/lib/api/types";
import { duration, rate } from "@/lib/format";

/** Speed and time left of a running job, or how long an ended one took. */
export function Pace({ job }: { job: Job }) {
  if (job.state === "running") {
    if (!job.rate_per_second) return <>Starting…</>;
    return (
      <>
        {rate(job.rate_per_second)}
        {job.eta_seconds != null && ` · ${duration(job.eta_seconds)} left`}
      </>
    );
  }
  if (job.started_at && job.finished_at) {
    const seconds = (Date.parse(job.finished_at) - Date.parse(job.started_at)) / 1000;
    return <>{job.state === "completed" ? `Took ${duration(seconds)}` : `Stopped after ${duration(seconds)}`}</>;
  }
  return null;
}
