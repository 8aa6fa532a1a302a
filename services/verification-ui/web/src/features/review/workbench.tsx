import { useQuery } from "@tanstack/react-query";
import clsx from "clsx";
import { BookOpen, CircleHelp } from "lucide-react";
import { useCallback, useEffect, useMemo, useState } from "react";

import { valuesText } from "@/domain/label-values";
import { CheatSheet } from "@/features/review/cheat-sheet";
import { commandOf, keyPreference, printed as printedKey, type Command } from "@/features/review/commands";
import { decidesAtOnce } from "@/domain/desk/draft";
import { FlagDialog } from "@/features/review/flag-dialog";
import { Guidelines } from "@/features/review/guidelines";
import { HistoryChips } from "@/features/review/history-chips";
import { ItemDesk } from "@/features/review/item-desk";
import { Nothing } from "@/features/review/nothing";
import type { Remarks } from "@/domain/outbox/kept";
import { ReadingMenu } from "@/features/review/reading-menu";
import { RefusedDialog } from "@/features/review/refused-dialog";
import type { Snapshot } from "@/features/review/review-state";
import { AwayLine, SaveStatus } from "@/features/review/save-status";
import { SessionOver } from "@/features/review/session-over";
import { useOutboxState, type Keeping } from "@/domain/outbox/use-outbox";
import { usePainted } from "@/features/review/use-painted";
import { useReviewSession } from "@/features/review/use-review-session";
import { useWorkTime } from "@/domain/desk/use-work-time";
import styles from "@/features/review/workbench.module.css";
import { announce } from "@/lib/announce";
import { isLive } from "@/lib/api/jobs";
import { labelSchemaQuery } from "@/lib/api/label-schema";
import type { Job, LabelTask } from "@/lib/api/types";
import { count } from "@/lib/format";
import { usePageKeys } from "@/lib/keyboard";
import { usePreference } from "@/lib/preference";
import { Button } from "@/ui/button";
import { InHeader } from "@/ui/header-slot";

const unremarked: Remarks = { flags: [], comment: null };
const noTasks: readonly LabelTask[] = [];

type Layer = "flag" | "keys" | "guidelines" | "refused";

/** Keys that labels have for their own: commands with the same key go with Shift. */
const ownKeys = (tasks: readonly LabelTask[]): ReadonlySet<string> =>
  new Set(tasks.flatMap((task) => ("options" in task ? task.options.flatMap(({ key }) => (key == null ? [] : [key])) : [])));

/** The record at the left, the answers at the right; the record moves, everything else stands still. */
export function Workbench({ jobId, job, keeping: { outbox, store } }: { jobId: string; job: Job | undefined; keeping: Keeping }) {
  const [session, state] = useReviewSession(jobId, outbox, job !== undefined && isLive(job));
  const kept = useOutboxState(outbox);
  const keys = usePreference(keyPreference);
  const [layer, setLayer] = useState<Layer | null>(null);
  const [looking, setLooking] = useState({ from: "", by: 0 });
  const { data: schema } = useQuery({ ...labelSchemaQuery(job?.label_schema_id ?? ""), enabled: job !== undefined });
  const { phase, items } = state;
  const current = items[0];
  const tasks = current?.tasks ?? schema?.tasks ?? noTasks;
  const taken = useMemo(() => ownKeys(tasks), [tasks]);
  const reserved = useMemo(() => new Set(Object.values(keys)), [keys]);

  // Looking ahead ends when the item changes that it began from.
  const ahead = looking.from === current?.item_id ? Math.min(looking.by, items.length - 1) : 0;
  const look = (steps: number) => current && setLooking({ from: current.item_id, by: Math.min(items.length - 1, Math.max(0, ahead + steps)) });
  const item = items[ahead];

  const painted = usePainted(item && `${item.item_id}:${item.reservation}`);
  const time = useWorkTime(current?.item_id);

  const [remarked, setRemarked] = useState<Remarks & { of: string }>({ of: "", ...unremarked });
  const remarks = useMemo(() => (remarked.of === current?.item_id ? { flags: remarked.flags, comment: remarked.comment } : unremarked), [remarked, current?.item_id]);

  const skip = () => {
    if (current && ahead === 0 && session.skip(current.item_id)) announce("Skipped.");
  };
  const undo = (which?: string) => {
    if (state.history.length === 0) return;
    setLooking({ from: "", by: 0 });
    void session.undo(which).then((undone) => undone && announce("The decision is taken back. Its record is shown again."));
  };
  const run: Record<Command, () => unknown> = {
    skip,
    flag: () => ahead === 0 && setLayer("flag"),
    undo: () => undo(),
    search: () => document.querySelector<HTMLElement>("[data-task][aria-current] [data-search], [data-search]")?.focus(),
    guidelines: () => setLayer("guidelines"),
    ahead: () => look(1),
    back: () => look(-1),
    help: () => setLayer("keys"),
  };

  usePageKeys((event) => {
    if (phase === "ready" && !painted(event)) return;
    const command = event.key === "Escape" && ahead > 0 ? "escape" : event.key === "ArrowRight" && current && decidesAtOnce(current) ? "skip" : commandOf(event, keys, taken);
    if (command === null || (event.key === "ArrowRight" && (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey))) return;
    if (command === "escape") setLooking({ from: "", by: 0 });
    else run[command]();
    event.preventDefault();
  });

  const goOn = useCallback(() => session.refill(), [session]);
  useEffect(() => {
    if (kept.link === "up") goOn();
  }, [kept.link, goOn]);

  const keyOf = (command: Command) => printedKey(keys[command], taken);
  return (
    <div className={clsx(styles.workbench, tasks.length > 1 && styles.form)}>
      <h1 className="visually-hidden">Review{job && ` of ${job.name}`}</h1>
      <InHeader>
        <Progress state={state} />
        <SaveStatus outbox={kept} onRefused={() => setLayer("refused")} />
        <ReadingMenu />
        <Button variant="quiet" size="small" icon aria-label="Guidelines" title={`Guidelines  ${keyOf("guidelines")}`} onClick={() => setLayer("guidelines")}>
          <BookOpen size={16} aria-hidden="true" />
        </Button>
        <Button variant="quiet" size="small" icon aria-label="Keys" title={`Keys  ${keyOf("help")}`} onClick={() => setLayer("keys")}>
          <CircleHelp size={16} aria-hidden="true" />
        </Button>
      </InHeader>
      <AwayLine outbox={kept} left={items.length} />
      {item && phase !== "empty" && phase !== "failed" ? (
        <ItemDesk
          item={item}
          session={session}
          store={store}
          personId={outbox.personId}
          time={time}
          remarks={remarks}
          painted={painted}
          frozen={phase !== "ready" || ahead > 0}
          ahead={ahead}
          policy={job?.review_policy ?? null}
          reserved={reserved}
          actions={{
            mayUndo: state.history.length > 0,
            flagged: remarks.flags.length > 0 || remarks.comment !== null,
            printed: { skip: keyOf("skip"), undo: keyOf("undo"), flag: keyOf("flag") },
            onSkip: skip,
            onFlag: () => setLayer("flag"),
            onUndo: () => undo(),
          }}
        />
      ) : (
        <div className={styles.nothing}>
          <Nothing jobId={jobId} job={job} state={state} outbox={kept} undoKey={keyOf("undo")} onRetry={() => session.retry()} onUndo={() => undo()} />
        </div>
      )}
      <HistoryChips history={state.history} outbox={kept} textOf={(values) => valuesText(tasks, values)} busy={phase === "returning"} onUndo={undo} />
      <FlagDialog open={layer === "flag"} onClose={() => setLayer(null)} remarks={remarks} onRemarks={(next) => current && setRemarked({ of: current.item_id, ...next })} />
      <CheatSheet open={layer === "keys"} onClose={() => setLayer(null)} tasks={tasks} taken={taken} />
      <Guidelines open={layer === "guidelines"} onClose={() => setLayer(null)} tasks={tasks} />
      <RefusedDialog open={layer === "refused"} onClose={() => setLayer(null)} outbox={outbox} state={kept} />
      <SessionOver jobId={jobId} outbox={outbox} state={kept} onBack={goOn} />
    </div>
  );
}

function Progress({ state: { decided, open } }: { state: Snapshot }) {
  const all = decided + (open ?? 0);
  return (
    <span className={clsx(styles.progress, "tabular")} role="progressbar" aria-label="Review progress" aria-valuemin={0} aria-valuemax={all} aria-valuenow={decided}>
      {decided > 0 && (
        <>
          <b>{count(decided)}</b> decided
        </>
      )}
      {decided > 0 && open !== null && " · "}
      {open !== null && (
        <>
          <b>{count(open)}</b> open
        </>
      )}
    </span>
  );
}
