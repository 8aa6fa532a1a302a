import clsx from "clsx";
import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";

import { Button } from "@/ui/button";
import styles from "@/ui/notice.module.css";
import { Problem } from "@/lib/api/problem";

interface Props {
  icon: ReactNode;
  title: string;
  tone?: "neutral" | "good" | "bad";
  actions?: ReactNode;
  /** Stands below the actions, in full width. */
  extra?: ReactNode;
  children?: ReactNode;
}

/** Fills the place of what is not there: nothing yet, all done, or a failure. Says what to do next. */
export function Notice({ icon, title, tone = "neutral", actions, extra, children }: Props) {
  return (
    <div className={clsx(styles.notice, tone !== "neutral" && styles[tone])} role={tone === "bad" ? "alert" : undefined}>
      <div className={styles.icon} aria-hidden="true">
        {icon}
      </div>
      <h2 className={styles.title}>{title}</h2>
      <div className={styles.text}>{children}</div>
      {extra && <div className={styles.extra}>{extra}</div>}
      {actions && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}

/** A failure in the place of the content, with detail, cure and another try. */
export function ProblemNotice({ error, onRetry, actions }: { error: unknown; onRetry?: () => void; actions?: ReactNode }) {
  const problem = Problem.from(error);
  return (
    <Notice
      icon={<CircleAlert size={20} />}
      tone="bad"
      title={problem.title}
      actions={
        <>
          {onRetry && <Button onClick={onRetry}>Try again</Button>}
          {actions}
        </>
      }
    >
      {problem.detail && <p>{problem.detail}</p>}
      {problem.cure && <p>{problem.cure}</p>}
    </Notice>
  );
}

/** A failure beside content that is still good, e.g. when refreshing failed. */
export function ProblemLine({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const problem = Problem.from(error);
  return (
    <div className={styles.inline} role="alert">
      <CircleAlert size={16} aria-hidden="true" />
      <span className={styles.grow}>
        <strong>{problem.title}.</strong> {problem.detail} {problem.cure}
      </span>
      {onRetry && (
        <Button size="small" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}
