import { Badge } from "@/ui/badge";
import { Bar } from "@/ui/bar";
import { ValueView } from "@/domain/value-view";
import styles from "@/features/job/annotations-list.module.css";
import type { Annotation, LabelTask } from "@/lib/api/types";
import { percent, words } from "@/lib/format";
import { sameValue } from "@/domain/label-values";
import { visible } from "@/lib/visible";

/** Tasks in a row; the sheet shows all. */
const shown = 4;

interface Props {
  annotation: Annotation;
  tasks: readonly LabelTask[];
  onOpen: () => void;
}

/** A record with its labels, those of a person before those of the model. */
export function AnnotationRow({ annotation, tasks, onOpen }: Props) {
  return (
    <tr className={styles.row} onClick={onOpen}>
      <td>
        <button
          type="button"
          className={styles.open}
          onClick={(event) => {
            event.stopPropagation();
            onOpen();
          }}
        >
          {visible(annotation.excerpt || annotation.record_id)}
        </button>
        {annotation.excerpt && <span className={styles.id}>{annotation.record_id}</span>}
      </td>
      <td>
        <Labels annotation={annotation} tasks={tasks} />
      </td>
      <td>
        <Confidence annotation={annotation} />
      </td>
      <td>
        <Status annotation={annotation} />
      </td>
    </tr>
  );
}

function Labels({ annotation, tasks }: Omit<Props, "onOpen">) {
  const final = annotation.verification?.values ?? {};
  const said = new Map(annotation.labels.map((label) => [label.task, label.value]));
  const names = [...new Set([...tasks.map(({ name }) => name), ...said.keys(), ...Object.keys(final)])].filter((name) => said.has(name) || final[name] !== undefined);
  if (names.length === 0) return <span className={styles.muted}>none</span>;
  return (
    <span className={styles.labels}>
      {names.slice(0, shown).map((name) => {
        const task = tasks.find((candidate) => candidate.name === name);
        const model = said.get(name);
        const value = final[name] ?? model;
        const corrected = model !== undefined && final[name] !== undefined && !sameValue(final[name], model);
        return (
          <span key={name} className={styles.label}>
            {names.length > 1 && <small>{words(name)}</small>}
            {value !== undefined && <ValueView task={task} value={value} most={task?.kind === "span" ? 1 : 2} />}
            {corrected && !Array.isArray(model) && <ValueView task={task} value={model} gone />}
          </span>
        );
      })}
      {names.length > shown && <span className={styles.muted}>and {names.length - shown} more</span>}
    </span>
  );
}

/** Of the label that is least sure: it says whether a person should look. */
function Confidence({ annotation }: { annotation: Annotation }) {
  const known = annotation.labels.flatMap(({ confidence }) => (confidence == null ? [] : [confidence]));
  if (known.length === 0) return <span className={styles.muted}>none</span>;
  const least = Math.min(...known);
  return (
    <span className={`${styles.confidence ?? ""} tabular`}>
      {percent(least)}
      <Bar height={4} parts={[{ share: least, tone: "accent" }]} />
    </span>
  );
}

function Status({ annotation }: { annotation: Annotation }) {
  if (annotation.verification?.values) {
    return <Badge tone="good">{annotation.verification.confirmed ? "Confirmed" : "Corrected"}</Badge>;
  }
  if (annotation.outcome === "failed") return <Badge tone="bad">{annotation.reason ? `Failed: ${words(annotation.reason).toLowerCase()}` : "Failed"}</Badge>;
  if (annotation.outcome === "invalid") return <Badge tone="warn">{annotation.reason ? `Invalid: ${words(annotation.reason).toLowerCase()}` : "Invalid"}</Badge>;
  if (annotation.needs_review) return <Badge tone="accent">Needs review</Badge>;
  return <Badge>Labeled</Badge>;
}
