import styles from "@/features/job/job-page.module.css";
import type { Job } from "@/lib/api/types";
import { dateTime, percent } from "@/lib/format";

/** Which agent labels what, and what goes to people. */
export function JobFacts({ job }: { job: Job }) {
  const policy = job.review_policy;
  const reviewed = [
    `labels below ${percent(policy.threshold)} confidence`,
    policy.review_without_confidence && "labels without one",
    policy.review_invalid && "invalid answers",
    policy.review_failed && "failed records",
  ].filter(Boolean);
  const facts: [string, string][] = [
    ["Agent", `${job.agent.name}, version ${job.agent.version}`],
    ["Model", job.agent.model],
    ["Provider", job.agent.provider],
    ["For review", reviewed.join(", ")],
    ["Created", dateTime(job.created_at)],
    ...(job.finished_at ? ([["Ended", dateTime(job.finished_at)]] satisfies [string, string][]) : []),
  ];
  return (
    <dl className={styles.facts2}>
      {facts.map(([term, value]) => (
        <Fact key={term} term={term} value={value} />
      ))}
    </dl>
  );
}

function Fact({ term, value }: { term: string; value: string }) {
  return (
    <>
      <dt>{term}</dt>
      <dd>{value}</dd>
    </>
  );
}
