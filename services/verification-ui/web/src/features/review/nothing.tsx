import { Link } from "@tanstack/react-router";
import { CircleCheck, CloudOff, Hourglass, Users } from "lucide-react";

import type { OutboxState } from "@/domain/outbox/outbox";
import type { Snapshot } from "@/features/review/review-state";
import styles from "@/features/review/workbench.module.css";
import { isLive } from "@/lib/api/jobs";
import type { Job } from "@/lib/api/types";
import { counted, percent } from "@/lib/format";
import { Button, buttonClass } from "@/ui/button";
import { Kbd } from "@/ui/kbd";
import { Notice, ProblemNotice } from "@/ui/notice";
import { Skeleton } from "@/ui/skeleton";

interface Props {
  jobId: string;
  job: Job | undefined;
  state: Snapshot;
  outbox: OutboxState;
  undoKey: string;
  onRetry: () => void;
  onUndo: () => void;
}

/** What stands in the place of the item: loading, a failure, or one of the ways of being done. */
export function Nothing({ jobId, job, state, outbox, undoKey, onRetry, onUndo }: Props) {
  if (state.phase === "failed") return <Away {...{ jobId, state, outbox, onRetry }} />;
  if (state.phase !== "empty") return <Waiting />;

  const actions = (
    <>
      {state.history.length > 0 && (
        <Button onClick={onUndo}>
          Undo the last decision <Kbd>{undoKey}</Kbd>
        </Button>
      )}
      <BackLink jobId={jobId} />
    </>
  );
  if ((state.open ?? 0) > 0) {
    return (
      <Notice icon={<Users size={20} />} title="Others are on the rest" actions={actions}>
        {counted(state.open ?? 0, "record")} still open, all in somebody’s hands. What is given back appears here by itself.
      </Notice>
    );
  }
  if (job && isLive(job)) {
    return (
      <Notice icon={<Hourglass size={20} />} title="Nothing to review right now" actions={actions}>
        The job is still {job.state === "paused" ? "paused" : "running"}. Records that need a look appear here by themselves.
      </Notice>
    );
  }
  return (
    <Notice icon={<CircleCheck size={20} />} tone="good" title="All reviewed" actions={actions}>
      {state.decided > 0 ? `You decided on ${counted(state.decided, "record")} so far${agreement(state)}. No record of this job waits for a person.` : "No record of this job waits for a person."}
    </Notice>
  );
}

/** How often the person confirmed the model, over the decisions that are listed. */
function agreement({ history, decided }: Snapshot): string {
  const mine = history.slice(0, decided);
  if (mine.length === 0) return "";
  const confirmed = mine.filter((entry) => entry.confirmed).length;
  return `; the model was right in ${percent(confirmed / mine.length)}${decided > mine.length ? ` of the last ${mine.length}` : ""}`;
}

function Away({ jobId, state, outbox, onRetry }: Pick<Props, "jobId" | "state" | "outbox" | "onRetry">) {
  if (!state.problem?.isTransient) return <ProblemNotice error={state.problem} onRetry={onRetry} actions={<BackLink jobId={jobId} />} />;
  return (
    <Notice icon={<CloudOff size={20} />} title="No more records until the service is back" actions={<Button onClick={onRetry}>Try now</Button>}>
      {outbox.waiting.length > 0
        ? `${counted(outbox.waiting.length, "decision")} ${outbox.durable ? "kept in this browser" : "kept as long as this page is open"}, sent when the service is back. `
        : "Nothing of yours is unsaved. "}
      The page looks again every few seconds.
    </Notice>
  );
}

export function BackLink({ jobId }: { jobId: string | null }) {
  return jobId ? (
    <Link to="/jobs/$jobId" params={{ jobId }} className={buttonClass()}>
      Back to the job
    </Link>
  ) : (
    <Link to="/" className={buttonClass()}>
      All jobs
    </Link>
  );
}

/** Holds the places: only the record is still missing. */
export const Waiting = () => (
  <div role="status" aria-label="Loading the next record" className={styles.waiting}>
    <Skeleton height={20} />
    <Skeleton width="92%" height={20} />
    <Skeleton width="64%" height={20} />
  </div>
);
