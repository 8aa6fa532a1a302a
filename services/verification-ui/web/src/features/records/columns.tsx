import type { ReactNode } from "react";

import { questionOf, sameValue } from "@/domain/label-values";
import { ValueView } from "@/domain/value-view";
import styles from "@/features/records/records-table.module.css";
import type { FoundRecord, LabelTask } from "@/lib/api/types";
import { ago, dateTime, percent, words } from "@/lib/format";
import { visible } from "@/lib/visible";

export interface Column {
  id: string;
  title: string;
  /** Width in pixels until somebody changes it. */
  width: number;
  cell: (row: FoundRecord) => ReactNode;
  /** The order of the API that the head of the column gives. */
  sort?: string;
  /** Not shown until somebody asks for it. */
  extra?: boolean;
}

const none = <span className={styles.none}>–</span>;

/** The columns of a job: the record, one for each task, how sure, what became of it, and what the data set keeps beside the text. */
export function columnsOf(tasks: readonly LabelTask[], metadata: readonly string[]): Column[] {
  const column = (id: string, title: string, width: number, cell: Column["cell"], more: Pick<Column, "sort" | "extra"> = {}): Column => ({ id, title, width, cell, ...more });
  return [
    column("text", "Record", 300, (row) => <bdi>{visible(row.excerpt || row.record_id)}</bdi>),
    column("id", "Id", 110, (row) => <span className={styles.id}>{row.record_id}</span>, { extra: true }),
    ...tasks.map((task) =>
      column(`label.${task.name}`, tasks.length > 1 ? questionOf(task) : "Label", 150, (row) => <Label row={row} task={task} />, task.kind === "single_choice" ? { sort: `label.${task.name}` } : {}),
    ),
    column("confidence", tasks.length > 1 ? "Least sure" : "Confidence", 116, (row) => <Confidence row={row} />, { sort: "confidence" }),
    column("state", "State", 130, (row) => <State row={row} />, { sort: "state" }),
    column("by", "By", 110, (row) => (row.annotation?.verification ? <bdi>{row.annotation.verification.decided_by}</bdi> : none)),
    column("decided", "Decided", 110, (row) => <When time={row.annotation?.verification?.decided_at} />, { sort: "decided" }),
    column("reason", "Reason", 130, (row) => (row.annotation?.reason ? words(row.annotation.reason) : none), { extra: true }),
    column("agent", "Agent", 150, (row) => (row.annotation ? `${row.annotation.model} v${row.annotation.agent_version}` : none), { extra: true }),
    column("attempt", "Attempt", 80, (row) => row.annotation?.attempt ?? none, { extra: true }),
    ...metadata.map((name) => column(`metadata.${name}`, name, 120, (row) => plain(row.metadata?.[name]), { extra: true })),
  ];
}

const plain = (value: unknown): ReactNode =>
  value === undefined || value === null ? none : <bdi>{visible(typeof value === "string" ? value : JSON.stringify(value))}</bdi>;

function Label({ row, task }: { row: FoundRecord; task: LabelTask }) {
  const { annotation } = row;
  if (annotation?.blind) return <span className={styles.none}>hidden</span>;
  const model = annotation?.labels.find((label) => label.task === task.name)?.value;
  const decided = annotation?.verification?.values[task.name];
  const value = decided ?? model;
  if (value === undefined) return none;
  const corrected = decided !== undefined && model !== undefined && !sameValue(decided, model) && !Array.isArray(model);
  return (
    <span className={styles.label}>
      <ValueView task={task} value={value} most={task.kind === "span" ? 1 : 2} />
      {corrected && <ValueView task={task} value={model} gone />}
    </span>
  );
}

function Confidence({ row }: { row: FoundRecord }) {
  const known = (row.annotation?.labels ?? []).flatMap(({ confidence }) => (confidence == null ? [] : [confidence]));
  return known.length > 0 ? <span className="tabular">{percent(Math.min(...known))}</span> : none;
}

function When({ time }: { time: string | undefined }) {
  return time === undefined ? none : <span title={dateTime(time)}>{ago(time)}</span>;
}

/** One word for what became of the record, with its colour as a dot. */
function State({ row }: { row: FoundRecord }) {
  const { word, tone } = stateOf(row);
  return (
    <span className={styles.state} data-tone={tone}>
      {word}
    </span>
  );
}

export function stateOf({ annotation }: FoundRecord): { word: string; tone: "good" | "bad" | "warn" | "accent" | "none" } {
  if (!annotation) return { word: "Not run", tone: "none" };
  if (annotation.verification) return { word: annotation.verification.confirmed ? "Confirmed" : "Corrected", tone: "good" };
  if (annotation.outcome === "failed") return { word: "Failed", tone: "bad" };
  if (annotation.needs_review) return { word: "To review", tone: "accent" };
  if (annotation.outcome === "invalid") return { word: "Invalid", tone: "warn" };
  return { word: "Labeled", tone: "none" };
}

/** The names of metadata in these rows, in the order in which they appear. */
export const metadataIn = (rows: readonly FoundRecord[]): string[] => [...new Set(rows.slice(0, 200).flatMap((row) => Object.keys(row.metadata ?? {})))];
