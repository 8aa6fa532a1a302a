import { Figures } from "@/ui/figures";
import { Panel } from "@/ui/panel";
import { Bars } from "@/features/job/bars";
import styles from "@/features/job/job-page.module.css";
import type { JobReport } from "@/lib/api/types";
import { count, counted, rate, words } from "@/lib/format";
import { money, seconds } from "@/lib/measures";

/** What the run took: time, tokens, money. */
export function RunPanel({ report }: { report: JobReport }) {
  const { seconds: latency, cost } = report;
  const { total } = cost;
  return (
    <Panel title="Time and price" note={report.records_per_second != null && rate(report.records_per_second)}>
      <Figures
        figures={[
          latency.p50 != null && { name: "An answer takes", value: seconds(latency.p50), note: "half of them less" },
          latency.p95 != null && { name: "95 of 100 within", value: seconds(latency.p95), note: latency.p99 != null && `99 within ${seconds(latency.p99)}` },
          { name: "Price", value: total.amount == null ? "unknown" : money(total.amount), note: total.unpriced_tokens > 0 && `${count(total.unpriced_tokens)} tokens without a price` },
          { name: "Calls", value: count(total.calls), note: total.retries > 0 && `${counted(total.retries, "retry", "retries")} among them` },
          { name: "Tokens in", value: count(total.prompt_tokens), note: total.cached_tokens > 0 && `${count(total.cached_tokens)} cached` },
          { name: "Tokens out", value: count(total.completion_tokens) },
        ]}
      />
    </Panel>
  );
}

/** By which rule of the extraction labels were found, the strict ones first. */
export function RulesPanel({ report }: { report: JobReport }) {
  const rows = sorted(report.rules);
  return (
    <Panel title="How labels were found" note={rows.length > 0 && counted(rows.length, "rule")}>
      {rows.length === 0 ? <p className={styles.quiet}>Nothing is labeled yet.</p> : <Bars rows={rows} whole={rows.reduce((sum, { number }) => sum + number, 0)} />}
    </Panel>
  );
}

/** Why records have no label, and what the model wrote instead. */
export function UnlabeledPanel({ report, onOpen }: { report: JobReport; onOpen: (seq: number) => void }) {
  const { counts } = report;
  const rows = sorted(report.reasons);
  return (
    <Panel title="Not labeled" note={counted(counts.invalid + counts.failed, "record")}>
      {rows.length === 0 ? <p className={styles.quiet}>Every answer so far could be read as a label.</p> : <Bars rows={rows} tone="warn" />}
      {report.invalid_answers.length > 0 && (
        <div className={styles.answers}>
          <h3>What the model wrote most often instead</h3>
          <ul>
            {report.invalid_answers.map((answer) => (
              <li key={`${answer.reason} ${answer.answer}`}>
                <span className="tabular">{count(answer.count)} ×</span>
                <button type="button" onClick={() => onOpen(answer.seq)} title={`${words(answer.reason)}; open a record that has it`}>
                  <q>{answer.answer || "nothing"}</q>
                </button>
              </li>
            ))}
          </ul>
          {!report.invalid_answers_exact && <p className={styles.quiet}>Counts may be a little lower than they are: there are very many different answers.</p>}
        </div>
      )}
    </Panel>
  );
}

const sorted = (counts: Record<string, number>) =>
  Object.entries(counts)
    .sort(([, one], [, other]) => other - one)
    .map(([key, number]) => ({ key, name: words(key), number }));
