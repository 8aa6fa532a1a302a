import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleCheck, Hourglass, ShieldX, Users } from "lucide-react";
import { useState } from "react";

import { Button, buttonClass } from "@/ui/button";
import { Kbd } from "@/ui/kbd";
import { Notice, ProblemNotice } from "@/ui/notice";
import { Skeleton } from "@/ui/skeleton";
import { CheatSheet } from "@/features/review/cheat-sheet";
import { decidesAtOnce } from "@/features/review/draft";
import { HistoryStrip } from "@/features/review/history-strip";
import { ItemDesk } from "@/features/review/item-desk";
import styles from "@/features/review/review-page.module.css";
import type { Snapshot } from "@/features/review/review-state";
import { usePainted } from "@/features/review/use-painted";
import { useReviewSession } from "@/features/review/use-review-session";
import { announce } from "@/lib/announce";
import { isLive, jobQuery } from "@/lib/api/jobs";
import { labelSchemaQuery } from "@/lib/api/label-schema";
import type { Job } from "@/lib/api/types";
import { counted } from "@/lib/format";
import { usePageKeys } from "@/lib/keyboard";
import { valuesText } from "@/domain/label-values";
import { useSession } from "@/lib/session";

export function ReviewPage({ jobId }: { jobId: string }) {
  const { mayReview, session: who } = useSession();
  const { data: job, error } = useQuery(jobQuery(jobId));
  if (error && !job) {
    return (
      <div className="page">
        <ProblemNotice error={error} actions={<BackLink jobId={null} />} />
      </div>
    );
  }
  if (who && !mayReview) {
    return (
      <div className="page">
        <Notice icon={<ShieldX size={20} />} title="Viewers do not review" actions={<BackLink jobId={jobId} />}>
          Your role may read everything here. To decide on labels, ask an admin for the role annotator.
        </Notice>
      </div>
    );
  }
  return <Workbench jobId={jobId} job={job} />;
}

function Workbench({ jobId, job }: { jobId: string; job: Job | undefined }) {
  const [session, state] = useReviewSession(jobId, job !== undefined && isLive(job));
  const [help, setHelp] = useState(false);
  const { data: schema } = useQuery({ ...labelSchemaQuery(job?.label_schema_id ?? ""), enabled: job !== undefined });
  const { phase, chosen } = state;
  const item = state.items[0];
  const tasks = item?.tasks ?? schema?.tasks ?? [];

  const painted = usePainted(item?.item_id);

  const skip = () => {
    if (item && session.skip(item.item_id)) announce("Skipped.");
  };
  const undo = (which?: string) => {
    if (state.history.length === 0) return;
    void session.undo(which).then(() => announce("The last decision is undone. Its record is shown again."));
  };

  usePageKeys((event) => {
    const command = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    if (phase === "ready" && !painted(event)) return;
    if (command && key === "z" && !event.shiftKey && !event.altKey) undo();
    else if (command || event.altKey) return;
    else if (key === "u") undo();
    else if (key === "?") setHelp(true);
    else if (key === "s" || (key === "arrowright" && item && decidesAtOnce(item))) skip();
    else return;
    event.preventDefault();
  });

  return (
    <>
      <h1 className="visually-hidden">Review{job && ` of ${job.name}`}</h1>
      <Progress state={state} />
      <div className={styles.layout}>
        <div>
          {item && phase !== "empty" && phase !== "failed" ? (
            <ItemDesk
              key={`${item.item_id}:${item.reservation}`}
              item={item}
              session={session}
              chosen={phase === "leaving" ? chosen : null}
              painted={painted}
              frozen={phase !== "ready"}
              policy={job?.review_policy ?? null}
              open={state.open}
              decided={state.decided}
              actions={{ mayUndo: state.history.length > 0, onSkip: skip, onUndo: () => undo(), onHelp: () => setHelp(true) }}
            />
          ) : (
            <Nothing jobId={jobId} job={job} state={state} onRetry={() => session.retry()} onUndo={() => undo()} />
          )}
        </div>
        <aside className={styles.side}>
          <HistoryStrip
            history={state.history}
            textOf={(values) => valuesText(tasks, values)}
            busy={phase === "leaving" || phase === "returning"}
            onUndo={undo}
          />
        </aside>
      </div>
      <CheatSheet open={help} onClose={() => setHelp(false)} tasks={tasks} />
    </>
  );
}

function Progress({ state }: { state: Snapshot }) {
  const all = state.decided + (state.open ?? 0);
  const share = all > 0 ? state.decided / all : 0;
  return (
    <div
      className={styles.progress}
      role="progressbar"
      aria-label="Reviewed in this session"
      aria-valuemin={0}
      aria-valuemax={all}
      aria-valuenow={state.decided}
    >
      <span style={{ width: `${share * 100}%` }} />
    </div>
  );
}

interface NothingProps {
  jobId: string;
  job: Job | undefined;
  state: Snapshot;
  onRetry: () => void;
  onUndo: () => void;
}

/** What stands in the place of the item: loading, a failure, or one of the ways of being done. */
function Nothing({ jobId, job, state, onRetry, onUndo }: NothingProps) {
  if (state.phase === "failed") return <ProblemNotice error={state.problem} onRetry={onRetry} actions={<BackLink jobId={jobId} />} />;
  if (state.phase !== "empty") return <Waiting />;

  const actions = (
    <>
      {state.history.length > 0 && (
        <Button onClick={onUndo}>
          Undo the last decision <Kbd>U</Kbd>
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
      {state.decided > 0
        ? `You decided on ${counted(state.decided, "record")} in this session. No record of this job waits for a person.`
        : "No record of this job waits for a person."}
    </Notice>
  );
}

function BackLink({ jobId }: { jobId: string | null }) {
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

function Waiting() {
  return (
    <div role="status" aria-label="Loading the next record">
      <div className={styles.status}>
        <Skeleton width={120} height={22} radius={11} />
      </div>
      <div className={styles.texts}>
        <Skeleton height={20} />
        <Skeleton width="70%" height={20} />
      </div>
      {[0, 1, 2].map((row) => (
        <div key={row} style={{ marginBottom: 8 }}>
          <Skeleton height={54} radius={10} />
        </div>
      ))}
    </div>
  );
}
