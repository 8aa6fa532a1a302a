import { Histogram } from "@/ui/histogram";
import { Panel } from "@/ui/panel";
import { Bars } from "@/features/job/bars";
import { EvaluationPanels } from "@/features/job/evaluation-panels";
import styles from "@/features/job/job-page.module.css";
import type { LabelTask, TaskReport } from "@/lib/api/types";
import { count, counted, percent } from "@/lib/format";
import { colorOf } from "@/domain/label-colors";
import { nameIn, optionsOf } from "@/domain/label-values";

interface Props {
  report: TaskReport;
  task: LabelTask | undefined;
  /** Labels less sure than this are reviewed. */
  threshold: number;
}

/** What one task was answered, how sure, and how right. */
export function TaskPanels({ report, task, threshold }: Props) {
  const { confidence } = report;
  return (
    <>
      <Panel title="Labels" note={counted(report.labeled, "record")}>
        <Spread report={report} task={task} />
      </Panel>
      <Panel title="Confidence" note={confidence.with_confidence > 0 && `${count(confidence.with_confidence)} with a confidence`}>
        {confidence.with_confidence > 0 ? (
          <>
            <Histogram bins={confidence.histogram} threshold={threshold} />
            {confidence.mean != null && (
              <p className={styles.under}>
                {percent(confidence.mean)} on average{confidence.without_confidence > 0 && `; ${counted(confidence.without_confidence, "label")} without one`}
              </p>
            )}
            {confidence.warnings.map((warning) => (
              <p key={warning} className={styles.under} role="note">
                {warning}
              </p>
            ))}
          </>
        ) : (
          <p className={styles.quiet}>No label carries a confidence so far: the model gave none, or nothing is labeled yet.</p>
        )}
      </Panel>
      <EvaluationPanels report={report} task={task} />
    </>
  );
}

function Spread({ report, task }: Omit<Props, "threshold">) {
  const options = optionsOf(task);
  if (report.labeled === 0) return <p className={styles.quiet}>Nothing is labeled yet.</p>;
  if (report.number) {
    const { number } = report;
    const unit = task?.kind === "number" ? ` ${task.unit}` : "";
    return (
      <>
        <Columns bins={number.histogram} unit={unit} />
        <p className={styles.under}>
          {round(number.mean)}
          {unit} on average, ± {round(number.standard_deviation)}; from {round(number.smallest)} to {round(number.largest)}
        </p>
      </>
    );
  }
  if (report.text) {
    const { text } = report;
    return (
      <>
        <Bars rows={text.top.slice(0, 8).map((one) => ({ key: one.text, name: `“${one.text}”`, number: one.count }))} whole={report.labeled} />
        <p className={styles.under}>
          {text.distinct_is_exact ? "" : "About "}
          {counted(text.distinct, "different text")}, {round(text.mean_length)} characters on average
        </p>
      </>
    );
  }
  const spans = report.kind === "span";
  const none = report.per_record.find(({ number }) => number === 0)?.records;
  const whole = report.kind === "single_choice" ? report.labeled : spans ? report.labels.reduce((sum, one) => sum + one.count, 0) : report.labeled;
  const rows = report.labels.map(({ label, count: number }) => ({
    key: label,
    name: nameIn(options, label),
    number,
    color: spans ? colorOf(options, label) : (options.find((option) => option.value === label)?.color ?? undefined),
  }));
  return (
    <>
      <Bars rows={rows} whole={whole} />
      {report.per_record.length > 0 && (
        <p className={styles.under}>
          {round(report.per_record.reduce((sum, each) => sum + each.number * each.records, 0) / report.labeled)} {spans ? "spans" : "labels"} a record
          {none !== undefined && `; ${counted(none, "record")} without any`}
        </p>
      )}
    </>
  );
}

function Columns({ bins, unit }: { bins: { lower: number; upper: number; count: number }[]; unit: string }) {
  const most = Math.max(1, ...bins.map((bin) => bin.count));
  return (
    <figure>
      <div className={styles.columns}>
        {bins.map((bin) => {
          const said = `${round(bin.lower)} to ${round(bin.upper)}${unit}: ${counted(bin.count, "record")}`;
          return <span key={bin.lower} role="img" aria-label={said} title={said} style={{ height: bin.count ? `max(${(bin.count / most) * 100}%, 2px)` : 0 }} />;
        })}
      </div>
      <div className={`${styles.ends ?? ""} tabular`} aria-hidden="true">
        <span>{round(bins[0]?.lower ?? 0)}</span>
        <span>
          {round(bins.at(-1)?.upper ?? 0)}
          {unit}
        </span>
      </div>
    </figure>
  );
}

const formatted = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const round = (number: number): string => formatted.format(number);
