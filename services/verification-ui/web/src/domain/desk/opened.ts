import type { OpenedRecord, ReviewItem } from "@/lib/api/types";

/** A record that was opened, as an item of the queue is shown; nobody holds a reservation of it. */
export const itemOf = (opened: OpenedRecord): ReviewItem => ({
  item_id: `${opened.job_id}:${opened.seq}`,
  job_id: opened.job_id,
  seq: opened.seq,
  record_id: opened.record_id,
  fields: opened.fields,
  attempt: opened.attempt,
  outcome: opened.outcome ?? "labeled",
  blind: opened.blind,
  reason: opened.blind ? "blind" : "chosen",
  causes: [],
  detail: opened.detail,
  raw: opened.raw,
  tasks: opened.tasks,
  suggestions: opened.suggestions,
  skips: 0,
  reservation: "",
  reserved_until: "",
});
