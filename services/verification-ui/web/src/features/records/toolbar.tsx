import { useQuery } from "@tanstack/react-query";
import clsx from "clsx";
import { Braces, Search, UserRoundCheck } from "lucide-react";
import { useRef, useState } from "react";

import { nameIn, optionsOf, questionOf } from "@/domain/label-values";
import { ChoiceMenu } from "@/features/records/choice-menu";
import { ColumnMenu } from "@/features/records/column-menu";
import type { Column } from "@/features/records/columns";
import { ConfidenceFilter } from "@/features/records/confidence-filter";
import { readFilters, withFilter, writeFilters, type Filters, type RecordState } from "@/features/records/filters";
import type { Layout } from "@/features/records/layout";
import { MoreFilters } from "@/features/records/more-filters";
import { countQuery } from "@/features/records/records-api";
import { TextField } from "@/features/records/text-field";
import styles from "@/features/records/toolbar.module.css";
import { Problem } from "@/lib/api/problem";
import type { Job, LabelTask } from "@/lib/api/types";
import { count } from "@/lib/format";
import { usePageKeys } from "@/lib/keyboard";
import { useSession } from "@/lib/session";
import { Button, buttonClass } from "@/ui/button";

const states: readonly { value: RecordState; name: string }[] = [
  { value: "to_review", name: "To review" },
  { value: "decided", name: "Decided by people" },
  { value: "undecided", name: "Not decided" },
  { value: "labeled", name: "Labeled" },
  { value: "invalid", name: "Invalid" },
  { value: "failed", name: "Failed" },
  { value: "not_run", name: "Not run" },
];

interface Props {
  job: Job;
  tasks: readonly LabelTask[];
  where: string;
  onWhere: (where: string) => void;
  columns: readonly Column[];
  metadata: readonly string[];
  layout: Layout;
  onLayout: (layout: Layout) => void;
  /** Why the expression cannot be evaluated. */
  error: Error | null;
}

/** What the table shows: filters, the expression they make, and the columns. */
export function Toolbar({ job, tasks, where, onWhere, columns, metadata, layout, onLayout, error }: Props) {
  const { session } = useSession();
  const search = useRef<HTMLDivElement>(null);
  const [writes, setWrites] = useState(false);
  const filters = readFilters(where);
  const set = (next: Filters) => onWhere(writeFilters(next));
  const isMine = filters.person !== undefined && filters.person === session?.person_id;
  const { data: counted } = useQuery(countQuery(job.id, where));
  usePageKeys((event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    search.current?.querySelector("input")?.focus();
  });
  const problem = error && Problem.from(error);
  const shown = writes || filters.others.length > 0 || (problem?.status === 422 && where !== "");
  return (
    <div className={styles.toolbar}>
      <div className={styles.bar} role="toolbar" aria-label="Filters">
        <div ref={search} className={styles.search}>
          <Search size={15} aria-hidden="true" />
          <TextField value={filters.words ?? ""} placeholder="Words in the text" aria-label="Words in the text" aria-keyshortcuts="/" onChange={(words) => set(withFilter(filters, "words", words.trim()))} />
        </div>
        <ChoiceMenu single name="State" choices={states} chosen={filters.state ? [filters.state] : []} onChange={([state]) => set(withFilter(filters, "state", state as RecordState | undefined))} />
        {tasks
          .filter((task) => task.kind === "single_choice" || task.kind === "multiple_choice")
          .map((task) => {
            const options = optionsOf(task);
            return (
              <ChoiceMenu
                key={task.name}
                name={tasks.length > 1 ? questionOf(task) : "Label"}
                choices={options.map(({ value }) => ({ value, name: nameIn(options, value) }))}
                chosen={filters.labels[task.name] ?? []}
                onChange={(chosen) => {
                  const rest = Object.fromEntries(Object.entries(filters.labels).filter(([name]) => name !== task.name));
                  set({ ...filters, labels: chosen.length > 0 ? { ...rest, [task.name]: chosen } : rest });
                }}
              />
            );
          })}
        <ConfidenceFilter jobId={job.id} where={writeFilters(withFilter(filters, "confidence", undefined))} value={filters.confidence} onChange={(confidence) => set(withFilter(filters, "confidence", confidence))} />
        <MoreFilters filters={filters} metadata={metadata} onChange={set} />
        {session && (
          <button type="button" className={clsx(styles.filter, isMine && styles.on)} aria-pressed={isMine} onClick={() => set(withFilter(filters, "person", isMine ? undefined : session.person_id))}>
            <UserRoundCheck size={14} aria-hidden="true" />
            <span>My decisions</span>
          </button>
        )}
        {where !== "" && (
          <Button size="small" variant="quiet" onClick={() => onWhere("")}>
            Clear
          </Button>
        )}
        <span className={styles.spring} />
        <span className={clsx(styles.count, "tabular")} role="status">
          {counted?.count ? (where === "" ? `${count(job.size)} records` : `${counted.count.text} of ${count(job.size)}`) : "…"}
        </span>
        <button type="button" className={buttonClass({ variant: "quiet", size: "small", icon: true })} aria-label="Expression" title="Expression" aria-pressed={shown} onClick={() => setWrites(!writes)}>
          <Braces size={16} />
        </button>
        <ColumnMenu columns={columns} layout={layout} onLayout={onLayout} />
      </div>
      {shown && (
        <div className={styles.expression}>
          <TextField value={where} aria-label="Expression" placeholder='text contains "refund" and label = negative and confidence < 0.8' aria-invalid={problem?.status === 422} onChange={(text) => onWhere(text.trim())} />
          {problem?.status === 422 && <p role="alert">{problem.detail}</p>}
        </div>
      )}
    </div>
  );
}
