import { useMutation, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArrowRight, Check, UserRoundCheck } from "lucide-react";
import { useState } from "react";

import { Bar } from "@/ui/bar";
import { Button, buttonClass } from "@/ui/button";
import { ConfirmDialog } from "@/ui/dialog";
import { ProblemLine } from "@/ui/notice";
import styles from "@/features/compare/send-to-review.module.css";
import { orderReview, reviewOrderQuery } from "@/features/compare/review-order";
import { isLive, jobQuery } from "@/lib/api/jobs";
import { reviewQueuesQuery } from "@/lib/api/review-queues";
import type { ComparedTask, ReviewOrder, ReviewQueue } from "@/lib/api/types";
import { count, counted, percent } from "@/lib/format";
import { useSession } from "@/lib/session";

interface Props {
  jobs: readonly string[];
  compared: ComparedTask;
  names: ReadonlyMap<string, string>;
}

/** Sends the records on which the jobs differ to people, and says what became of them. */
export function SendToReview({ jobs, compared, names }: Props) {
  const [asking, setAsking] = useState(false);
  const { mayManage } = useSession();
  const queryClient = useQueryClient();
  const wanted = reviewOrderQuery(jobs, compared.task);
  const { data: order, error } = useQuery(wanted);
  const found = useQueries({ queries: jobs.map((job) => jobQuery(job)) });
  const live = found.some(({ data }) => data !== undefined && isLive(data));
  const send = useMutation({
    mutationFn: () => orderReview(jobs, compared.task),
    onSuccess: (placed) => queryClient.setQueryData(wanted.queryKey, placed),
  });
  const failed = send.error ?? error;
  const busy = send.isPending || order?.state === "open";
  if (compared.differing === 0 || (!mayManage && !order)) return null;

  return (
    <div className={styles.bar}>
      <div className={styles.said} role="status">
        {order ? <Said order={order} names={names} /> : live ? <p>They can be sent to people when all jobs have ended.</p> : <p>People decide best where agents contradict each other.</p>}
      </div>
      {mayManage && !live && (
        <Button
          {...(order ? {} : { variant: "primary" as const })}
          aria-disabled={busy}
          onClick={() => {
            if (busy) return;
            if (order) send.mutate();
            else setAsking(true);
          }}
        >
          <UserRoundCheck size={15} aria-hidden="true" />
          {order ? (busy ? "Sending…" : "Look again") : `Send ${counted(compared.differing, "record")} to review`}
        </Button>
      )}
      {failed && <ProblemLine error={failed} {...(send.error && { onRetry: () => send.mutate() })} />}
      <ConfirmDialog
        open={asking}
        onClose={() => setAsking(false)}
        onConfirm={() => send.mutate()}
        tone="primary"
        title={`Send ${counted(compared.differing, "record")} to review?`}
        confirm="Send to review"
        cancel="Not now"
      >
        They go into the queue of {names.get(jobs[0] ?? "") ?? "the first job"}. What waits for a person already, or was decided by one in any of these jobs, is
        left as it is. Records cannot be taken out of the queue again.
      </ConfirmDialog>
    </div>
  );
}

function Said({ order, names }: { order: ReviewOrder; names: ReadonlyMap<string, string> }) {
  const { mayReview } = useSession();
  const sentTo = Object.keys(order.queues);
  const openIn = (job: string, queues: readonly ReviewQueue[] | undefined) => queues?.find(({ job_id }) => job_id === job)?.open ?? 0;
  const { data: queues } = useQuery({
    ...reviewQueuesQuery(false),
    // What was sent is in the queue a moment later.
    refetchInterval: ({ state }) => (sentTo.every((job) => openIn(job, state.data) > 0) ? 15_000 : 2_000),
  });
  if (order.state === "open") {
    return (
      <>
        <p className="tabular">
          Comparing: {percent(order.share)} of the records, {count(order.queued)} sent so far
        </p>
        <Bar parts={[{ share: order.share, tone: order.notice ? "warn" : "accent" }]} />
        {order.notice && <p>{order.notice}</p>}
      </>
    );
  }
  const parts = [
    order.queued > 0 && `${count(order.queued)} sent to review`,
    order.waiting > 0 && `${count(order.waiting)} ${order.waiting === 1 ? "was" : "were"} waiting already`,
    order.decided > 0 && `${count(order.decided)} decided by people`,
  ].filter(Boolean);
  return (
    <>
      <p className="tabular">
        <Check size={15} aria-hidden="true" className={styles.check} />
        {parts.length > 0 ? `${counted(order.differing, "record differs", "records differ")}: ${parts.join(", ")}.` : "No record differs."}
      </p>
      {mayReview &&
        sentTo.map((job) => (
          <Link key={job} to="/review/$jobId" params={{ jobId: job }} className={buttonClass({ size: "small", variant: "quiet" })}>
            Review {names.get(job) ?? "them"}
            {openIn(job, queues) > 0 && ` (${count(openIn(job, queues))} open)`}
            <ArrowRight size={14} aria-hidden="true" />
          </Link>
        ))}
    </>
  );
}
