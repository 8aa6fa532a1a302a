import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Check, ChevronDown, ChevronUp, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";

import { valuesText } from "@/domain/label-values";
import { confirms } from "@/domain/desk/draft";
import { itemOf } from "@/domain/desk/opened";
import { RecordFields } from "@/domain/desk/record-fields";
import { TaskSection } from "@/domain/desk/task-section";
import { useDesk } from "@/domain/desk/use-desk";
import { useWorkTime } from "@/domain/desk/use-work-time";
import { useKeeping, useOutboxState, type Keeping } from "@/domain/outbox/use-outbox";
import { thresholdOf } from "@/domain/review-policy";
import { DeskContext } from "@/domain/tasks/task-keys";
import { OpinionHistory } from "@/features/records/opinion-history";
import styles from "@/features/records/record-panel.module.css";
import { openedQuery } from "@/features/records/records-api";
import { announce } from "@/lib/announce";
import type { Job, OpenedRecord, ReviewItem } from "@/lib/api/types";
import { words } from "@/lib/format";
import { notify } from "@/lib/notify";
import { useSession } from "@/lib/session";
import { visible } from "@/lib/visible";
import { Button, buttonClass } from "@/ui/button";
import { ProblemLine } from "@/ui/notice";
import { Skeleton } from "@/ui/skeleton";

interface Props {
  job: Job;
  seq: number;
  onClose: () => void;
  /** Goes to the record above or below; left out at the ends. */
  onStep: (by: 1 | -1) => void;
}

/** A record beside the table: what it says, what people said of it, and one's own answer. */
export function RecordPanel({ job, seq, onClose, onStep }: Props) {
  const { data, error, refetch } = useQuery(openedQuery(job.id, seq));
  const keeping = useKeeping();
  const panel = useRef<HTMLElement>(null);
  return (
    <aside
      ref={panel}
      className={styles.panel}
      aria-label="Record"
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.defaultPrevented) return;
        event.preventDefault();
        onClose();
      }}
    >
      <header className={styles.head}>
        <h2 className={styles.title}>
          <bdi>{data ? visible(data.record_id) : "Record"}</bdi>
        </h2>
        <Button size="small" variant="quiet" icon aria-label="The record above" onClick={() => onStep(-1)}>
          <ChevronUp size={17} />
        </Button>
        <Button size="small" variant="quiet" icon aria-label="The record below" onClick={() => onStep(1)}>
          <ChevronDown size={17} />
        </Button>
        <Button size="small" variant="quiet" icon aria-label="Close the record" onClick={onClose}>
          <X size={16} />
        </Button>
      </header>
      {error && !data ? (
        <div className={styles.notice}>
          <ProblemLine error={error} onRetry={() => void refetch()} />
        </div>
      ) : data?.seq === seq && keeping ? (
        <Opened key={`${seq}:${data.attempt}:${data.opinions.length}:${data.blind}`} job={job} opened={data} keeping={keeping} />
      ) : (
        <div className={styles.notice}>
          <Skeleton height={120} />
        </div>
      )}
    </aside>
  );
}

function Opened({ job, opened, keeping: { outbox } }: { job: Job; opened: OpenedRecord; keeping: Keeping }) {
  const { session, mayReview, mayManage } = useSession();
  const client = useQueryClient();
  const { waiting } = useOutboxState(outbox);
  const [item] = useState<ReviewItem>(() => itemOf(opened));
  const mine = opened.opinions.findLast(({ person_id, stands, values }) => stands && values !== null && person_id === session?.person_id);
  const held = mine?.values ?? opened.settled?.values ?? undefined;
  const desk = useDesk(item, held ?? undefined, job.review_policy, !mayReview);
  const time = useWorkTime(item.item_id);
  const [overrule, setOverrule] = useState(false);
  const unsent = waiting.some(({ kind, shown }) => kind === "opinion" && shown.item_id === item.item_id);
  const others = opened.opinions.some(({ stands, values, person_id }) => stands && values !== null && person_id !== session?.person_id);

  const id = item.item_id;
  useEffect(
    () =>
      outbox.listen({
        onSent: (kept) => {
          if (kept.kind !== "opinion" || kept.shown.item_id !== id) return;
          void client.invalidateQueries({ queryKey: ["opened", opened.job_id, opened.seq] });
          void client.invalidateQueries({ queryKey: ["records", opened.job_id] });
        },
        onRefused: (kept) => {
          if (kept.kind !== "opinion" || kept.shown.item_id !== id) return;
          notify(`${kept.shown.record_id} was not saved`, `${kept.refused?.detail ?? ""} Your answer is kept under “not saved” above.`);
          void client.invalidateQueries({ queryKey: ["opened", opened.job_id, opened.seq] });
        },
      }),
    [outbox, client, id, opened.job_id, opened.seq],
  );

  const confirm = () => {
    if (!mayReview || unsent) return;
    if (desk.problems.size > 0 || desk.unlabeled() >= 0) {
      desk.insist();
      announce("Some answers are missing.", "assertive");
      return;
    }
    outbox.add({
      jobId: opened.job_id,
      kind: "opinion",
      shown: item,
      values: desk.values,
      decidedAt: new Date().toISOString(),
      ...time.end(performance.now()),
      flags: [],
      comment: null,
      overrule,
    });
    announce(`Saved: ${valuesText(item.tasks, desk.values)}.`);
  };
  const keys = { accepts: () => mayReview, confirm, moveBy: (by: 1 | -1) => desk.setActive(Math.max(0, Math.min(item.tasks.length - 1, desk.active + by))), reserved: new Set<string>() };
  const asModel = confirms(item, desk.values);
  return (
    <DeskContext value={keys}>
      <div className={styles.body}>
        <div className={styles.record}>
          <RecordFields item={item} desk={desk} onActivate={desk.setActive} />
          {opened.outcome && opened.outcome !== "labeled" && (
            <p className={styles.reason}>
              {words(opened.outcome)}
              {opened.detail && `: ${opened.detail}`}
            </p>
          )}
          {opened.raw && (
            <details className={styles.raw}>
              <summary>Answer of the model</summary>
              <pre tabIndex={0}>{visible(opened.raw)}</pre>
            </details>
          )}
          {opened.blind && <p className={styles.reason}>Give your own answer first; what the model said is shown afterwards.</p>}
        </div>
        <div className={styles.tasks}>
          {item.tasks.map((task, index) => (
            <TaskSection key={task.name} item={item} task={task} index={index} desk={desk} threshold={thresholdOf(job.review_policy, task.name)} />
          ))}
        </div>
        <OpinionHistory opened={opened} />
      </div>
      {mayReview && (
        <footer className={styles.foot}>
          {mayManage && others && (
            <label className={styles.overrule}>
              <input type="checkbox" checked={overrule} onChange={(event) => setOverrule(event.currentTarget.checked)} />
              Overrule what others said
            </label>
          )}
          <button type="button" className={buttonClass({ variant: "primary" })} aria-disabled={unsent} onClick={confirm}>
            <Check size={15} aria-hidden="true" />
            {unsent ? "Saving…" : overrule ? "Overrule" : mine ? "Save my answer" : asModel ? "Confirm" : "Save"}
          </button>
        </footer>
      )}
    </DeskContext>
  );
}
