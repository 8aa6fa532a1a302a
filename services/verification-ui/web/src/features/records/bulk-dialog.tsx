import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { nameIn, questionOf } from "@/domain/label-values";
import styles from "@/features/records/bulk-bar.module.css";
import { beginAct, checkAct } from "@/features/records/records-api";
import { skipText } from "@/features/records/skips";
import type { BulkAct, BulkAsk, Job, LabelTask, LabelValue } from "@/lib/api/types";
import { count, counted } from "@/lib/format";
import { useSession } from "@/lib/session";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { ProblemLine } from "@/ui/notice";
import { Skeleton } from "@/ui/skeleton";

export type BulkStep = "confirm" | "label";

interface Props {
  job: Job;
  tasks: readonly LabelTask[];
  kind: BulkStep;
  records: { where: string } | { seqs: number[] };
  onClose: () => void;
  onBegun: (act: BulkAct) => void;
}

/** Says what a bulk act would do, before it is done. */
export function BulkDialog({ job, tasks, kind, records, onClose, onBegun }: Props) {
  const { mayManage } = useSession();
  const [values, setValues] = useState<Record<string, LabelValue>>({});
  const [overrule, setOverrule] = useState(false);
  const [id] = useState(() => crypto.randomUUID());
  const settable = tasks.filter((task) => task.kind !== "span");
  const ask: BulkAsk = { kind, values: kind === "label" ? values : {}, overrule, ...records };
  const ready = kind === "confirm" || Object.keys(values).length > 0;
  const check = useQuery({ queryKey: ["bulk", job.id, ask], queryFn: () => checkAct(job.id, ask), enabled: ready, retry: false, staleTime: 0, gcTime: 0 });
  const begin = useMutation({ mutationFn: (expected: number) => beginAct(job.id, { ...ask, id, records: expected }), onSuccess: onBegun });
  const found = check.data;
  const set = (task: LabelTask, value: LabelValue | undefined) => {
    const rest = Object.fromEntries(Object.entries(values).filter(([name]) => name !== task.name));
    setValues(value === undefined ? rest : { ...rest, [task.name]: value });
  };
  return (
    <Dialog open onClose={onClose} title={kind === "confirm" ? "Confirm the model’s labels" : "Set a label"} wide={kind === "label" && tasks.length > 1}>
      <div className={styles.form}>
        {kind === "label" && (
          <div className={styles.tasks}>
            {settable.map((task) => (
              <ValueField key={task.name} task={task} value={values[task.name]} onChange={(value) => set(task, value)} />
            ))}
          </div>
        )}
        {mayManage && (
          <label className={styles.check}>
            <input type="checkbox" checked={overrule} onChange={(event) => setOverrule(event.currentTarget.checked)} />
            Overrule what others said
          </label>
        )}
        {check.error ? (
          <ProblemLine error={check.error} />
        ) : !ready ? (
          <p className={styles.check}>Choose a value to see how many records it changes.</p>
        ) : !found ? (
          <Skeleton height={48} />
        ) : (
          <div className={styles.counts} role="status">
            <b className="tabular">{count(found.would_give)}</b>
            <span>{found.exact ? (kind === "confirm" ? "are confirmed" : "get this label") : `of the first ${count(found.looked_at)}; ${counted(found.records, "record")} in all`}</span>
            {found.unchanged > 0 && (
              <>
                <b className="tabular">{count(found.unchanged)}</b>
                <span>say so already by your own answer</span>
              </>
            )}
            {Object.entries(found.skipped).map(([reason, number]) => (
              <Row key={reason} number={number} text={`left as they are: ${skipText(reason)}`} />
            ))}
            {found.blind > 0 && <Row number={found.blind} text="left out: you are still to read them without the model’s label" />}
          </div>
        )}
        {begin.error && <ProblemLine error={begin.error} />}
        <div className={styles.actions}>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" aria-disabled={!found || found.would_give === 0 || begin.isPending} onClick={() => found && found.would_give > 0 && !begin.isPending && begin.mutate(found.records)}>
            {kind === "confirm" ? "Confirm" : "Set label on"} {found ? count(found.exact ? found.would_give : found.records) : ""}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

const Row = ({ number, text }: { number: number; text: string }) => (
  <>
    <b className="tabular">{count(number)}</b>
    <span>{text}</span>
  </>
);

/** A value of one task for many records: whatever needs no text to point at. */
function ValueField({ task, value, onChange }: { task: LabelTask; value: LabelValue | undefined; onChange: (value: LabelValue | undefined) => void }) {
  const title = questionOf(task);
  switch (task.kind) {
    case "single_choice":
      return (
        <label className={styles.task}>
          <span>{title}</span>
          <select value={typeof value === "string" ? value : ""} onChange={(event) => onChange(event.currentTarget.value || undefined)}>
            <option value="">As it is</option>
            {task.options.map((option) => (
              <option key={option.value} value={option.value}>
                {nameIn(task.options, option.value)}
              </option>
            ))}
          </select>
        </label>
      );
    case "multiple_choice": {
      const chosen = Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : [];
      return (
        <fieldset className={styles.task}>
          <span>{title}</span>
          {task.options.map((option) => (
            <label key={option.value} className={styles.check}>
              <input
                type="checkbox"
                checked={chosen.includes(option.value)}
                onChange={() => {
                  const next = chosen.includes(option.value) ? chosen.filter((each) => each !== option.value) : [...chosen, option.value];
                  onChange(next.length > 0 ? next : undefined);
                }}
              />
              {nameIn(task.options, option.value)}
            </label>
          ))}
        </fieldset>
      );
    }
    case "number":
      return (
        <label className={styles.task}>
          <span>{title}</span>
          <input type="number" min={task.minimum} max={task.maximum} step={task.step ?? "any"} value={typeof value === "number" ? value : ""} onChange={(event) => onChange(Number.isNaN(event.currentTarget.valueAsNumber) ? undefined : event.currentTarget.valueAsNumber)} />
        </label>
      );
    case "text":
      return (
        <label className={styles.task}>
          <span>{title}</span>
          <input type="text" maxLength={task.max_length} value={typeof value === "string" ? value : ""} onChange={(event) => onChange(event.currentTarget.value || undefined)} />
        </label>
      );
    case "span":
      return null; // spans lie in one record's text
  }
}
