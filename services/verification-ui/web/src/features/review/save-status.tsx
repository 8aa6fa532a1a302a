import clsx from "clsx";
import { CircleCheck, CloudOff, LoaderCircle, TriangleAlert } from "lucide-react";

import type { OutboxState } from "@/domain/outbox/outbox";
import styles from "@/features/review/workbench.module.css";
import { counted } from "@/lib/format";

/** What is saved, always. */
export function SaveStatus({ outbox, onRefused }: { outbox: OutboxState; onRefused: () => void }) {
  const { waiting, refused, link, durable } = outbox;
  const kept = durable ? "kept here" : "kept until this page closes";
  const held = link !== "up";
  return (
    <span className={styles.save} role="status" aria-label="What is saved">
      {waiting.length === 0 ? (
        <span className={clsx(styles.saved, held && styles.held)}>
          {held ? <CloudOff size={14} aria-hidden="true" /> : <CircleCheck size={14} aria-hidden="true" />}
          <span>{held ? (link === "loggedOut" ? "Logged out" : "Offline") : "All saved"}</span>
        </span>
      ) : (
        <span className={clsx(styles.saved, held ? styles.held : styles.sending)}>
          {held ? <CloudOff size={14} aria-hidden="true" /> : <LoaderCircle size={14} aria-hidden="true" />}
          <span className="tabular">{held ? `${waiting.length} ${kept}` : `Saving ${waiting.length}`}</span>
        </span>
      )}
      {refused.length > 0 && (
        <button type="button" className={styles.refused} onClick={onRefused}>
          <TriangleAlert size={14} aria-hidden="true" />
          {refused.length} not saved
        </button>
      )}
    </span>
  );
}

/** A line over the whole page while the service cannot be reached: what is kept, and what can still be done. */
export function AwayLine({ outbox, left }: { outbox: OutboxState; left: number }) {
  if (outbox.link !== "away") return null;
  const { waiting, durable, problem } = outbox;
  const online = typeof navigator === "undefined" || navigator.onLine;
  return (
    <p className={styles.away} role="status">
      <CloudOff size={15} aria-hidden="true" />
      <span>
        <b>{online ? (problem?.status === 0 ? "The service does not answer" : problem?.title) : "You are offline"}:</b> {counted(waiting.length, "decision")}{" "}
        {durable ? "kept in this browser" : "kept as long as this page is open"}, sent when it is back. {left > 0 ? `${counted(left, "more record")} can be decided meanwhile.` : ""}
      </span>
    </p>
  );
}
