import { useMutation, useQuery } from "@tanstack/react-query";

import styles from "@/features/records/bulk-bar.module.css";
import { countForReview, sendToReview } from "@/features/records/records-api";
import type { Campaign, Job } from "@/lib/api/types";
import { count } from "@/lib/format";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { ProblemLine } from "@/ui/notice";
import { Skeleton } from "@/ui/skeleton";

interface Props {
  job: Job;
  records: { where: string } | { seqs: number[] };
  onClose: () => void;
  onSent: (campaign: Campaign) => void;
}

/** Sends records into the queue, as a campaign of their own that can be closed again. */
export function ReviewDialog({ job, records, onClose, onSent }: Props) {
  const selection = "where" in records ? { where: records.where || "id exists" } : records;
  const counted = useQuery({ queryKey: ["to review", job.id, selection], queryFn: () => countForReview(job.id, selection), retry: false, staleTime: 0, gcTime: 0 });
  const send = useMutation({ mutationFn: () => sendToReview(job.id, selection), onSuccess: onSent });
  const found = counted.data;
  const rows = found ? ([[found.would_ask, "go into the queue"], [found.waiting + found.queued, "wait for a person already"], [found.decided, "are decided by people already"]] as const) : [];
  return (
    <Dialog open onClose={onClose} title="Send to review">
      <div className={styles.form}>
        {counted.error ? (
          <ProblemLine error={counted.error} />
        ) : !found ? (
          <Skeleton height={48} />
        ) : (
          <div className={styles.counts} role="status">
            {rows.map(
              ([number, text], index) =>
                (number > 0 || index === 0) && (
                  <div key={text} style={{ display: "contents" }}>
                    <b className="tabular">{count(number)}</b>
                    <span>{text}</span>
                  </div>
                ),
            )}
          </div>
        )}
        {send.error && <ProblemLine error={send.error} />}
        <div className={styles.actions}>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" aria-disabled={!found?.would_ask || send.isPending} onClick={() => found && found.would_ask > 0 && !send.isPending && send.mutate()}>
            Send {found ? count(found.would_ask) : ""} to review
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
