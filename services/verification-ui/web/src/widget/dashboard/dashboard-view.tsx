import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { count, counted } from "@/lib/format";
import { Bar } from "@/ui/bar";
import { ProblemLine } from "@/ui/notice";
import type { Command } from "@/widget/channel";
import styles from "@/widget/dashboard/dashboard.module.css";
import { colorsOf, type Point } from "@/widget/dashboard/points";
import { Scatter } from "@/widget/dashboard/scatter";

interface JobProgress {
  id: string;
  name: string;
  agent: string;
  state: string;
  size: number;
  labeled: number;
  invalid: number;
  failed: number;
  needs_review: number;
  reviewed: number;
}

interface Looked {
  task: string;
  tasks: string[];
  distribution: Record<string, number>;
  people: Record<string, number>;
  agreement: { task: string; job: string; kappa: number | null; compared: number }[];
  points: Point[];
  limit: number;
  by_words: boolean;
}

/** A project at a glance: its jobs, and of one of them the labels, the people and the records as points. */
export function DashboardView({ command }: { command: Command }) {
  const described = useQuery({ queryKey: ["describe"], queryFn: () => command<{ name: string; jobs: JobProgress[] }>("describe"), retry: false, refetchInterval: 5_000 });
  const [chosen, setChosen] = useState<string | null>(null);
  const jobs = described.data?.jobs ?? [];
  const job = jobs.find(({ id }) => id === chosen) ?? jobs[0];
  if (described.error && jobs.length === 0) return <ProblemLine error={described.error} onRetry={() => void described.refetch()} />;
  return (
    <section className={styles.view} aria-label={`Dashboard of ${described.data?.name ?? "the project"}`}>
      <div className={styles.jobs}>
        {described.error && <ProblemLine error={described.error} />}
        <h3>Jobs</h3>
        {described.data && jobs.length === 0 && <p className={styles.note}>The project has no job yet.</p>}
        {jobs.map((each) => (
          <button key={each.id} type="button" className={styles.job} aria-pressed={each.id === job?.id} onClick={() => setChosen(each.id)}>
            <strong>{each.name}</strong>
            <Bar height={5} parts={[
              { share: each.labeled / Math.max(1, each.size), tone: "good" },
              { share: each.invalid / Math.max(1, each.size), tone: "warn" },
              { share: each.failed / Math.max(1, each.size), tone: "bad" },
            ]} />
            <span className={styles.note}>
              {each.state}, {count(each.labeled + each.invalid + each.failed)} of {counted(each.size, "record")}; {count(each.needs_review)} wait, {count(each.reviewed)} reviewed
            </span>
          </button>
        ))}
      </div>
      {job && <JobLook key={job.id} command={command} jobId={job.id} />}
    </section>
  );
}

function JobLook({ command, jobId }: { command: Command; jobId: string }) {
  const [task, setTask] = useState<string | null>(null);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [error, setError] = useState<unknown>(null);
  const looked = useQuery({
    queryKey: ["look", jobId, task],
    queryFn: () => command<Looked>("look", { job_id: jobId, task }),
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 60_000,
  });
  if (looked.error) return <ProblemLine error={looked.error} onRetry={() => void looked.refetch()} />;
  if (!looked.data) return <p className={styles.note}>Looking at the records…</p>;
  const { distribution, people, agreement, points, tasks, by_words, limit } = looked.data;
  const colors = colorsOf(Object.keys(distribution));
  const select = (ids: string[]) => {
    setSelected(new Set(ids));
    command("select", { job_id: jobId, record_ids: ids }).then(() => setError(null), setError);
  };
  return (
    <>
      <div className={styles.figures}>
        {tasks.length > 1 && (
          <select aria-label="Task" value={looked.data.task} onChange={(event) => setTask(event.target.value)}>
            {tasks.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        )}
        <Counts title="Labels" counts={distribution} colors={colors} empty="No labels yet." />
        <Counts title="Who decided" counts={people} empty="Nobody has decided anything." />
        <h3>Agreement</h3>
        {agreement.length === 0 && <p className={styles.note}>No other job over the same records.</p>}
        {agreement.map((each) => (
          <p key={`${each.task} ${each.job}`} className={styles.row}>
            <span>
              {each.job} <small>{each.task}</small>
            </span>
            <span className="tabular">{each.kappa === null ? "no kappa" : `κ ${each.kappa.toFixed(2)}`}</span>
          </p>
        ))}
      </div>
      <div className={styles.projection}>
        {error !== null && <ProblemLine error={error} />}
        <Scatter points={points} colors={colors} selected={selected} onSelect={select} />
        <p className={styles.note} role="status">
          {selected.size > 0 ? `${counted(selected.size, "record")} selected.` : `Near each other: records ${by_words ? "of the same words" : "of near vectors"}. Drag over some to select them.`}
          {points.length >= limit && ` The first ${count(limit)} records.`}
        </p>
      </div>
    </>
  );
}

function Counts({ title, counts, colors, empty }: { title: string; counts: Record<string, number>; colors?: ReadonlyMap<string, string>; empty: string }) {
  const most = Math.max(1, ...Object.values(counts));
  return (
    <>
      <h3>{title}</h3>
      {Object.keys(counts).length === 0 && <p className={styles.note}>{empty}</p>}
      {Object.entries(counts).map(([name, value]) => (
        <div key={name}>
          <p className={styles.row}>
            <span>{name}</span>
            <span className="tabular">{count(value)}</span>
          </p>
          <div className={styles.track}>
            <div style={{ width: `${(value / most) * 100}%`, background: colors?.get(name) ?? "var(--accent)" }} />
          </div>
        </div>
      ))}
    </>
  );
}
