import { useState } from "react";

import { Confusion } from "@/domain/confusion";
import { Figures } from "@/ui/figures";
import { Panel } from "@/ui/panel";
import { ReliabilityDiagram } from "@/ui/reliability-diagram";
import { Segments } from "@/ui/segments";
import styles from "@/features/job/job-page.module.css";
import { LabelTable } from "@/features/job/label-table";
import type { Evaluation, LabelTask, TaskReport } from "@/lib/api/types";
import { counted, percent } from "@/lib/format";
import { optionsOf } from "@/domain/label-values";

/** Share of one label from which on kappa misleads: agreement beyond chance is then better read from AC1. */
const dominant = 0.8;

const sources = [
  { value: "gold", name: "Gold" },
  { value: "verified", name: "People’s decisions" },
] as const;

/** How right a task's labels are: against gold, and against what people decided. Nothing where neither is known. */
export function EvaluationPanels({ report, task }: { report: TaskReport; task: LabelTask | undefined }) {
  const known = sources.filter(({ value }) => report[value] != null);
  const [wanted, setWanted] = useState<"gold" | "verified">("gold");
  const source = known.find(({ value }) => value === wanted) ?? known[0];
  const evaluation = source && report[source.value];
  if (!evaluation) return null;
  const options = optionsOf(task);
  const { correction } = report;
  return (
    <>
      <Panel title="How right the labels are" className={styles.wide} note={known.length > 1 ? <Segments label="Compare with" choices={known} value={source.value} onChange={setWanted} /> : `against ${source.value === "gold" ? "gold labels" : "people’s decisions"}`}>
        <Figures figures={figuresOf(evaluation)} />
        {source.value === "verified" && (
          <p className={styles.under}>People saw what the review policy chose: harder records than the rest, so this is no measure of all.</p>
        )}
      </Panel>
      {evaluation.confusion && (
        <Panel title="Confusion" note={counted(evaluation.compared, "record")}>
          <Confusion matrix={evaluation.confusion} options={options} rows={source.value === "gold" ? "Gold" : "Person"} columns="Model" />
          {evaluation.labels.length > 0 && (
            <div className={styles.second}>
              <LabelTable labels={evaluation.labels} options={options} />
            </div>
          )}
        </Panel>
      )}
      {evaluation.reliability.count > 0 && (
        <Panel title="Reliability" note={evaluation.reliability.error != null && `calibration error ${percent(evaluation.reliability.error, 1)}`}>
          <ReliabilityDiagram reliability={evaluation.reliability} />
        </Panel>
      )}
      {correction && (
        <Panel title="Corrected confidence" note={correction.after.error != null && `calibration error ${percent(correction.after.error, 1)}, before ${percent(correction.before.error ?? 0, 1)}`}>
          <ReliabilityDiagram reliability={correction.after} />
          <p className={styles.under}>
            Corrected by {counted(correction.decisions, "decision")} of people who had not seen the label. A campaign by expected error uses it.
          </p>
        </Panel>
      )}
      {!evaluation.confusion && evaluation.labels.length > 0 && (
        <Panel title="Label by label">
          <LabelTable labels={evaluation.labels} options={options} />
        </Panel>
      )}
    </>
  );
}

function figuresOf(evaluation: Evaluation) {
  const { accuracy, accuracy_low, accuracy_high } = evaluation;
  const share = (name: string, value: number | null | undefined) => (value == null ? null : { name, value: percent(value, 1) });
  const number = (name: string, value: number | null | undefined) => (value == null ? null : { name, value: value.toFixed(2) });
  return [
    accuracy != null && {
      name: "Accuracy",
      value: percent(accuracy, 1),
      note: accuracy_low != null && accuracy_high != null && `${percent(accuracy_low, 1)} to ${percent(accuracy_high, 1)}`,
    },
    number("Macro-F1", evaluation.macro_f1),
    evaluation.confusion ? null : number("Micro-F1", evaluation.micro_f1),
    number("F1 by overlap", evaluation.overlap_f1),
    number("Cohen’s kappa", evaluation.kappa),
    (evaluation.largest_share ?? 0) >= dominant ? number("Gwet’s AC1", evaluation.ac1) : null,
    number("Mean Jaccard", evaluation.mean_jaccard),
    number("Mean absolute error", evaluation.mean_absolute_error),
    number("Mean error", evaluation.mean_error),
    share("Within one step", evaluation.within_step),
    share("Equal up to case", evaluation.accuracy_normalized),
    share("Calibration error", evaluation.reliability.error),
    { name: "Compared", value: evaluation.compared.toLocaleString("en"), note: `of ${evaluation.known.toLocaleString("en")} known` },
  ];
}
