import { useQueries } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import styles from "@/features/job/job-page.module.css";
import { jobQuery } from "@/lib/api/jobs";
import type { Job } from "@/lib/api/types";
import { dateTime, percent, words } from "@/lib/format";
import { money } from "@/lib/measures";

/** Which agent labels what, and what goes to people. */
export function JobFacts({ job }: { job: Job }) {
  const policy = job.review_policy;
  const reviewed = [
    `labels below ${percent(policy.threshold)} confidence`,
    policy.review_without_confidence && "labels without one",
    policy.review_invalid && "invalid answers",
    policy.review_failed && "failed records",
    ...Object.entries(policy.tasks).flatMap(([task, own]) => [
      own.threshold != null && `${words(task)} below ${percent(own.threshold)}`,
      own.review_without_confidence === true && !policy.review_without_confidence && `${words(task)} without a confidence`,
      own.review_without_confidence === false && policy.review_without_confidence && `${words(task)}: a missing confidence is ignored`,
    ]),
  ].filter(Boolean);
  const facts: [string, ReactNode][] = [
    ...(job.sources.length > 0 ? ([[job.kind === "combined" ? "Combined of" : "Carried over from", <Sources key="sources" ids={job.sources} />]] satisfies [string, ReactNode][]) : []),
    ["Agent", `${job.agent.name}, version ${job.agent.version}`],
    ...(job.asks_model
      ? ([["Model", job.agent.model], ["Provider", job.agent.provider]] satisfies [string, ReactNode][])
      : ([["Model", job.kind === "combined" ? "none is asked" : `none is asked; the labels are those of ${job.agent.model}`]] satisfies [string, ReactNode][])),
    ...(job.budget_usd != null ? ([["Budget", money(job.budget_usd)]] satisfies [string, ReactNode][]) : []),
    ["For review", reviewed.join(", ")],
    ["Created", dateTime(job.created_at)],
    ...(job.finished_at ? ([["Ended", dateTime(job.finished_at)]] satisfies [string, ReactNode][]) : []),
  ];
  return (
    <dl className={styles.facts2}>
      {facts.map(([term, value]) => (
        <Fact key={term} term={term} value={value} />
      ))}
    </dl>
  );
}

/** The jobs whose annotations the labels are made of. */
function Sources({ ids }: { ids: readonly string[] }) {
  const found = useQueries({ queries: ids.map((id) => jobQuery(id)) });
  return (
    <ul className={styles.sources}>
      {ids.map((id, index) => (
        <li key={id}>
          <Link to="/jobs/$jobId" params={{ jobId: id }}>
            {found[index]?.data?.name ?? id}
          </Link>
        </li>
      ))}
    </ul>
  );
}

function Fact({ term, value }: { term: string; value: ReactNode }) {
  return (
    <>
      <dt>{term}</dt>
      <dd>{value}</dd>
    </>
  );
}
