import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { ValueView } from "@/domain/value-view";
import type { Kept } from "@/domain/outbox/kept";
import type { Outbox, OutboxState } from "@/domain/outbox/outbox";
import styles from "@/features/review/refused-dialog.module.css";
import { questionOf } from "@/domain/label-values";
import { request } from "@/lib/api/request";
import type { AnnotationDetail } from "@/lib/api/types";
import { visible } from "@/lib/visible";
import { Button, buttonClass } from "@/ui/button";
import { Dialog } from "@/ui/dialog";

/** The decisions that the service refused, each with the person's values beside those that hold. */
export function RefusedDialog({ open, onClose, outbox, state }: { open: boolean; onClose: () => void; outbox: Outbox; state: OutboxState }) {
  return (
    <Dialog open={open} onClose={onClose} title={state.refused.length === 0 ? "Everything is saved" : "Decisions that were not saved"} wide>
      <p className={styles.lead}>They changed, or went to somebody else, while they were on your screen or on their way. Your values are kept until you drop them.</p>
      <ul className={styles.list}>
        {state.refused.map((kept) => (
          <Conflict key={kept.id} kept={kept} onDrop={() => outbox.giveUp(kept.id)} />
        ))}
      </ul>
    </Dialog>
  );
}

function Conflict({ kept, onDrop }: { kept: Kept; onDrop: () => void }) {
  const { shown, values, refused } = kept;
  const { data: now } = useQuery({
    queryKey: ["annotation", shown.job_id, shown.seq, "now"],
    queryFn: ({ signal }) => request<AnnotationDetail>(`/api/v1/jobs/${shown.job_id}/annotations/${shown.seq}`, { signal }),
    staleTime: 0,
  });
  const person = now?.verification;
  const holding = person ? person.values : Object.fromEntries((now?.labels ?? []).map(({ task, value }) => [task, value]));
  return (
    <li className={styles.conflict}>
      <p className={styles.record}>
        <b>{shown.record_id}</b> <bdi>{visible(Object.values(shown.fields)[0] ?? "")}</bdi>
      </p>
      <p className={styles.why}>{refused?.detail || refused?.title}</p>
      <table className={styles.values}>
        <thead>
          <tr>
            <th scope="col">Question</th>
            <th scope="col">Yours</th>
            <th scope="col">{person ? `Now, by ${person.decided_by}` : now ? "Now, by the model" : "Now"}</th>
          </tr>
        </thead>
        <tbody>
          {shown.tasks.map((task) => {
            const [mine, held] = [values[task.name], holding[task.name]];
            return (
              <tr key={task.name}>
                <th scope="row">{questionOf(task)}</th>
                <td>{mine === undefined ? "–" : <ValueView task={task} value={mine} most={6} />}</td>
                <td>{held == null ? (now ? "No label" : "…") : <ValueView task={task} value={held} most={6} />}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <div className={styles.actions}>
        <Link to="/jobs/$jobId" params={{ jobId: shown.job_id }} search={{ record: shown.seq } as never} className={buttonClass({ size: "small" })}>
          Open the record
        </Link>
        <Button size="small" onClick={onDrop}>
          Drop mine, keep what holds
        </Button>
      </div>
    </li>
  );
}
