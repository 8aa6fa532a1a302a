import { Panel } from "@/ui/panel";
import styles from "@/features/compare/compare-page.module.css";
import { letter } from "@/features/compare/job-picker";
import type { ComparedTask, Comparison, Evaluation } from "@/lib/api/types";
import { count, percent } from "@/lib/format";
import { money, seconds } from "@/lib/measures";

/** The agents side by side: how right, how sure, how dear, how fast. */
export function AgentsPanel({ comparison, task }: { comparison: Comparison; task: ComparedTask }) {
  const hasGold = task.agents.some(({ gold }) => gold != null);
  const hasVerified = task.agents.some(({ verified }) => verified != null);
  return (
    <Panel title="Agents" className={styles.wide}>
      <div className={styles.scroll}>
        <table className={`${styles.table ?? ""} tabular`}>
          <thead>
            <tr>
              <th scope="col">Job</th>
              {hasGold && <th scope="col">Right by gold</th>}
              {hasVerified && <th scope="col">Right by people</th>}
              <th scope="col">Mean confidence</th>
              <th scope="col">1,000 records</th>
              <th scope="col">An answer takes</th>
              <th scope="col">Labeled</th>
            </tr>
          </thead>
          <tbody>
            {comparison.jobs.map((job, index) => {
              const agent = task.agents.find(({ job_id }) => job_id === job.job_id);
              const { p50, p95 } = job.seconds;
              return (
                <tr key={job.job_id}>
                  <th scope="row">
                    <span className={styles.letter}>{letter(index)}</span>
                    {job.name}
                  </th>
                  {hasGold && <td>{accuracy(agent?.gold)}</td>}
                  {hasVerified && <td>{accuracy(agent?.verified)}</td>}
                  <td>{agent?.mean_confidence == null ? "—" : percent(agent.mean_confidence)}</td>
                  <td>{job.usd_per_1000 == null ? "—" : money(job.usd_per_1000)}</td>
                  <td>
                    {p50 == null ? "—" : seconds(p50)}
                    {p95 != null && <small>95 of 100 within {seconds(p95)}</small>}
                  </td>
                  <td>{count(agent?.labeled ?? 0)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

function accuracy(evaluation: Evaluation | null | undefined) {
  if (evaluation?.accuracy == null) return "—";
  const { accuracy, accuracy_low, accuracy_high } = evaluation;
  return (
    <>
      {percent(accuracy, 1)}
      {accuracy_low != null && accuracy_high != null && (
        <small>
          {percent(accuracy_low, 1)} to {percent(accuracy_high, 1)}
        </small>
      )}
    </>
  );
}
