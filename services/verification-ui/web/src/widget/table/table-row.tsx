import { sameValue } from "@/domain/label-values";
import { ValueView } from "@/domain/value-view";
import type { LabelTask, LabelValue } from "@/lib/api/types";
import { percent, words } from "@/lib/format";
import { visible } from "@/lib/visible";
import { Badge } from "@/ui/badge";
import { Bar } from "@/ui/bar";
import { leastConfidence, type FoundRecord } from "@/widget/table/rows";
import styles from "@/widget/table/table.module.css";

interface Props {
  record: FoundRecord;
  tasks: readonly LabelTask[];
  selected: boolean;
  onSelect: (on: boolean) => void;
}

/** A record with the labels that hold, a person's before the model's. */
export function TableRow({ record, tasks, selected, onSelect }: Props) {
  const confidence = leastConfidence(record.annotation);
  return (
    <tr className={styles.row} aria-selected={selected} onClick={() => onSelect(!selected)}>
      <td className={styles.check}>
        <input
          type="checkbox"
          aria-label={`Select ${record.record_id}`}
          checked={selected}
          onClick={(event) => event.stopPropagation()}
          onChange={(event) => onSelect(event.target.checked)}
        />
      </td>
      <td className={styles.text} title={record.record_id}>
        {visible(record.excerpt ?? record.record_id)}
      </td>
      <td>
        <Labels record={record} tasks={tasks} />
      </td>
      <td>
        {confidence === null ? (
          <span className={styles.muted}>none</span>
        ) : (
          <span className={`${styles.confidence ?? ""} tabular`}>
            {percent(confidence)}
            <Bar height={4} parts={[{ share: confidence, tone: "accent" }]} />
          </span>
        )}
      </td>
      <td>
        <Status record={record} />
      </td>
    </tr>
  );
}

function Labels({ record, tasks }: Pick<Props, "record" | "tasks">) {
  const final = (record.annotation?.verification?.values ?? {}) as Record<string, LabelValue | undefined>;
  const said = new Map((record.annotation?.labels ?? []).map((label) => [label.task, label.value]));
  const names = [...new Set([...tasks.map(({ name }) => name), ...said.keys()])].filter((name) => said.has(name) || final[name] !== undefined);
  if (names.length === 0) return <span className={styles.muted}>none</span>;
  return (
    <span className={styles.labels}>
      {names.map((name) => {
        const task = tasks.find((candidate) => candidate.name === name);
        const model = said.get(name);
        const value = final[name] ?? model;
        const isCorrected = model !== undefined && final[name] !== undefined && !sameValue(final[name], model);
        return (
          <span key={name} className={styles.label}>
            {names.length > 1 && <small>{words(name)}</small>}
            {value !== undefined && <ValueView task={task} value={value} most={2} />}
            {isCorrected && !Array.isArray(model) && <ValueView task={task} value={model} gone />}
          </span>
        );
      })}
    </span>
  );
}

function Status({ record: { annotation } }: Pick<Props, "record">) {
  if (!annotation) return <Badge>Not run</Badge>;
  if (annotation.verification?.values) return <Badge tone="good">{annotation.verification.confirmed ? "Confirmed" : "Corrected"}</Badge>;
  if (annotation.outcome === "failed") return <Badge tone="bad">Failed</Badge>;
  if (annotation.outcome === "invalid") return <Badge tone="warn">Invalid</Badge>;
  if (annotation.needs_review) return <Badge tone="accent">Needs review</Badge>;
  return <Badge>Labeled</Badge>;
}
