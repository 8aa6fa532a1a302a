import type { Problem } from "@/lib/api/problem";
import type { PastDecision, ReviewItem } from "@/lib/api/types";
import type { Values } from "@/domain/label-values";

export type Phase =
  /** Nothing to show yet. */
  | "loading"
  /** `items[0]` is shown and takes a decision. */
  | "ready"
  /** An undone item is on its way back; keys are off. */
  | "returning"
  /** Nothing is left that this person could take now. */
  | "empty"
  | "failed";

/** A decision made here or earlier, the newest first. */
export interface Entry {
  itemId: string;
  recordId: string;
  values: Values | null;
  confirmed: boolean;
  decidedAt: string;
  /** The first field of the record; null when it is gone. */
  text: string | null;
}

export interface Snapshot {
  phase: Phase;
  items: readonly ReviewItem[];
  /** The last decisions that can be taken back. */
  history: readonly Entry[];
  /** Open items of the job as far as the page knows; null before the service said. */
  open: number | null;
  /** Decisions made on this page and not undone. */
  decided: number;
  problem: Problem | null;
}

/** What a session tells the page. */
export interface Listener {
  /** A failure that the person must see; `retry` repeats what failed. */
  onProblem(title: string, problem: Problem, retry?: () => void): void;
  onNotice(title: string, detail: string): void;
  onSaved(): void;
}

export const fromPast = (past: PastDecision): Entry => ({
  itemId: past.item_id,
  recordId: past.record_id,
  values: past.values ?? null,
  confirmed: past.kind === "confirmed",
  decidedAt: past.decided_at,
  text: Object.values(past.fields)[0] ?? null,
});
