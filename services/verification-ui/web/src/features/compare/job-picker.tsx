import { Menu } from "@base-ui/react/menu";
import { useQueries, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus, X } from "lucide-react";

import { buttonClass } from "@/ui/button";
import popup from "@/ui/popup.module.css";
import styles from "@/features/compare/compare-page.module.css";
import { most } from "@/features/compare/comparison";
import { jobQuery, jobsQuery } from "@/lib/api/jobs";
import type { Job } from "@/lib/api/types";

interface Props {
  chosen: readonly string[];
  /** The first of them: the others are over the same data set. */
  first: Job | undefined;
  onChoose: (jobs: string[]) => void;
}

/** The jobs that are compared, each with its letter; others over the same data set can be added. */
export function JobPicker({ chosen, first, onChoose }: Props) {
  const answers = useQueries({ queries: chosen.map((id) => jobQuery(id)) });
  const { data: jobs } = useQuery({ ...jobsQuery(first?.project_id ?? ""), enabled: first !== undefined });
  const others = jobs?.filter((job) => job.dataset_id === first?.dataset_id && !chosen.includes(job.id)) ?? [];
  return (
    <ul className={styles.jobs} aria-label="Jobs that are compared">
      {chosen.map((id, index) => {
        const job = answers[index]?.data;
        return (
          <li key={id} className={styles.job}>
            <span className={styles.letter}>{letter(index)}</span>
            <span className={styles.jobNames}>
              <Link to="/jobs/$jobId" params={{ jobId: id }}>
                {job?.name ?? id}
              </Link>
              <small>{job ? `${job.agent.name} v${job.agent.version} · ${job.agent.model}` : "…"}</small>
            </span>
            <button type="button" className={buttonClass({ variant: "quiet", size: "small", icon: true })} aria-label={`Leave out ${job?.name ?? id}`} onClick={() => onChoose(chosen.filter((other) => other !== id))}>
              <X size={14} />
            </button>
          </li>
        );
      })}
      {first && chosen.length < most && (
        <li>
          <Menu.Root>
            <Menu.Trigger className={buttonClass({ variant: chosen.length < 2 ? "primary" : "plain" })} disabled={others.length === 0}>
              <Plus size={15} aria-hidden="true" />
              {others.length > 0 ? "Add a job" : "No other job over this data set"}
            </Menu.Trigger>
            <Menu.Portal>
              <Menu.Positioner className={popup.positioner} sideOffset={6} align="start">
                <Menu.Popup className={popup.popup}>
                  {others.map((job) => (
                    <Menu.Item key={job.id} className={popup.item} onClick={() => onChoose([...chosen, job.id])}>
                      <span className={popup.grow}>{job.name}</span>
                      <small className={styles.model}>{job.agent.model}</small>
                    </Menu.Item>
                  ))}
                </Menu.Popup>
              </Menu.Positioner>
            </Menu.Portal>
          </Menu.Root>
        </li>
      )}
    </ul>
  );
}

/** What a job is called where there is no room for its name. */
export const letter = (index: number): string => String.fromCharCode(65 + index);
