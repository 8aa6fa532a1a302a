import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import styles from "@/features/records/bulk-bar.module.css";
import { checkPass, runAgain, type RunAgain } from "@/features/records/records-api";
import type { Job } from "@/lib/api/types";
import { count, words } from "@/lib/format";
import { money } from "@/lib/measures";
import { notify } from "@/lib/notify";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { ProblemLine } from "@/ui/notice";
import { Skeleton } from "@/ui/skeleton";

interface Props {
  job: Job;
  records: { where: string } | { record_ids: string[] };
  onClose: () => void;
  onBegun: (job: Job) => void;
}

/** Runs records again, after it said how many and what they cost. People's decisions hold over the new labels. */
export function RunAgainDialog({ job, records, onClose, onBegun }: Props) {
  const client = useQueryClient();
  const [verified, setVerified] = useState(false);
  const asked: RunAgain = { ...records, include_verified: verified };
  const check = useQuery({ queryKey: ["run again", job.id, asked], queryFn: () => checkPass(job.id, asked), retry: false, staleTime: 0, gcTime: 0 });
  const begin = useMutation({
    mutationFn: () => runAgain(job.id, asked),
    onSuccess: (changed) => {
      void client.invalidateQueries({ queryKey: ["job", job.id] });
      notify("The records run again", "The job shows how far they are.");
      onBegun(changed);
    },
  });
  const found = check.data;
  return (
    <Dialog open onClose={onClose} title="Run again">
      <div className={styles.form}>
        {check.error ? (
          <ProblemLine error={check.error} />
        ) : !found ? (
          <Skeleton height={64} />
        ) : (
          <>
            <div className={styles.counts} role="status">
              <b className="tabular">{count(found.records)}</b>
              <span>
                run again
                {Object.keys(found.outcomes).length > 0 && ` (${Object.entries(found.outcomes).map(([outcome, number]) => `${count(number)} ${words(outcome).toLowerCase()}`).join(", ")})`}
              </span>
              {found.verified_left_out > 0 && (
                <>
                  <b className="tabular">{count(found.verified_left_out)}</b>
                  <span>left out: people decided on them</span>
                </>
              )}
              {found.estimate?.usd && (
                <>
                  <b className="tabular">{money(found.estimate.usd.likely)}</b>
                  <span>expected cost</span>
                </>
              )}
            </div>
            {found.problems.map((problem) => (
              <p key={problem.detail} role="alert">
                {problem.detail} {problem.cure}
              </p>
            ))}
          </>
        )}
        <label className={styles.check}>
          <input type="checkbox" checked={verified} onChange={(event) => setVerified(event.currentTarget.checked)} />
          Also those that people decided on; their decisions stay
        </label>
        {begin.error && <ProblemLine error={begin.error} />}
        <div className={styles.actions}>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" aria-disabled={!found?.ok || begin.isPending} onClick={() => found?.ok && !begin.isPending && begin.mutate()}>
            Run {found ? count(found.records) : ""} again
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
