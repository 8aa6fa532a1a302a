import type { Values } from "@/domain/label-values";
import type { DecisionRequest, ReviewItem } from "@/lib/api/types";

export type Flag = NonNullable<DecisionRequest["flags"]>[number];

/** What goes with the values of a decision. */
export type Remarks = Pick<Kept, "flags" | "comment">;

/** What a person did with an item, as it is kept until the service has it. */
export interface Kept {
  id: string;
  /** Entries are sent in this order, across reloads. */
  order: number;
  /** Nobody sends what somebody else decided in the same browser. */
  personId: string;
  jobId: string;
  kind: "decision" | "skip" | "opinion";
  /** The item as it was on the screen, with its reservation; an opinion on a record that was opened has none. */
  shown: ReviewItem;
  /** Empty for a skip. */
  values: Values;
  decidedAt: string;
  /** Time with and without signs of work between the item's appearance and the decision. */
  activeSeconds: number;
  idleSeconds: number;
  /** That somebody should look again, or that no label fits. */
  flags: Flag[];
  comment: string | null;
  /** Of an opinion: it outranks the readers'. */
  overrule?: boolean;
  /** Why the service refused it, where sending it again would not help. */
  refused: Refusal | null;
}

export interface Refusal {
  status: number;
  type: string | null;
  title: string;
  detail: string;
}

/** The values of an item that are not decided on yet. */
export interface Draft {
  itemId: string;
  personId: string;
  attempt: number;
  values: Values;
  /** When it was written last, in ms. */
  at: number;
}
