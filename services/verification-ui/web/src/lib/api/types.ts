/** What the two services send, as the page uses it. */

export type Role = "admin" | "annotator" | "viewer";

export interface Session {
  name: string;
  role: Role;
  project_ids: string[] | null;
}

export interface Project {
  id: string;
  name: string;
  description?: string | null;
}

export type JobState = "running" | "paused" | "waiting" | "completed" | "cancelled";
export type Outcome = "labeled" | "invalid" | "failed";

export interface OutcomeCounts {
  labeled: number;
  invalid: number;
  failed: number;
  not_run: number;
  needs_review: number;
}

export interface Job {
  id: string;
  project_id: string;
  dataset_id: string;
  agent_id: string;
  name: string;
  state: JobState;
  state_reason?: string | null;
  size: number;
  counts: OutcomeCounts;
  rate_per_second?: number | null;
  eta_seconds?: number | null;
  review_policy: { threshold: number; review_without_confidence: boolean; review_invalid: boolean; review_failed: boolean };
  agent: { name: string; version: number; provider: string; model: string };
  label_schema_id: string;
  created_at: string;
  started_at?: string | null;
  finished_at?: string | null;
}

export interface LabelOption {
  value: string;
  name?: string;
  description?: string;
}

export interface ChoiceTask {
  name: string;
  question?: string;
  options: LabelOption[];
}

export interface LabelSchema {
  id: string;
  name: string;
  version: number;
  tasks: ChoiceTask[];
}

export interface JobReport {
  labels: Record<string, Record<string, number>>;
  reasons: Record<string, number>;
  accuracy?: number | null;
  gold_compared: number;
  confidence_histogram: number[];
}

export interface TaskLabel {
  task: string;
  value: string;
  confidence?: number | null;
  confidence_method?: string | null;
  confidence_missing_reason?: string | null;
  probabilities?: Record<string, number> | null;
  rule?: string;
}

export interface Verification {
  values: Record<string, string> | null;
  revision: number;
  decided_by: string;
  decided_at: string;
  confirmed: boolean;
}

export interface Annotation {
  seq: number;
  record_id: string;
  attempt: number;
  outcome: Outcome;
  reason?: string | null;
  detail?: string | null;
  labels: TaskLabel[];
  needs_review: boolean;
  review_reason?: string | null;
  model?: string;
  seconds?: number | null;
  created_at: string;
  verification?: Verification | null;
}

export interface AnnotationDetail extends Annotation {
  record?: { record_id: string; fields: Record<string, string>; metadata?: Record<string, unknown>; gold?: Record<string, string> | null } | null;
  raw?: string | null;
  history?: Annotation[];
}

export interface Page<Item> {
  items: Item[];
  next?: number | string | null;
}

/** How much of a job waits for people. */
export interface ReviewQueue {
  job_id: string;
  project_id: string;
  name: string;
  state: JobState;
  open: number;
  decided: number;
  needs_review: number;
}

export type ReviewReason = "low_confidence" | "no_confidence" | "invalid" | "failed";

export interface ReviewItem {
  item_id: string;
  job_id: string;
  seq: number;
  record_id: string;
  fields: Record<string, string>;
  attempt: number;
  outcome: Outcome;
  reason: ReviewReason;
  suggestion: TaskLabel | null;
  task: ChoiceTask;
  /** Fences the decision: only the holder of this reservation may decide. */
  reservation: string;
  reserved_until: string;
  raw?: string | null;
}

export interface Decision {
  revision: number;
  kind: "confirmed" | "corrected" | "undone";
  open: number;
  decided: number;
}

export interface PastDecision {
  item_id: string;
  record_id: string;
  values: Record<string, string> | null;
  kind: "confirmed" | "corrected" | "undone";
  decided_at: string;
}
