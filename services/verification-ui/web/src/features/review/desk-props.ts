import type { Actions } from "@/features/review/action-bar";
import type { ReviewSession } from "@/features/review/review-session";
import type { ReviewItem, ReviewPolicy } from "@/lib/api/types";
import type { Values } from "@/domain/label-values";

/** What a desk, where a person decides on one item, is given. */
export interface DeskProps {
  item: ReviewItem;
  session: ReviewSession;
  /** What was just decided, visible for a moment before the next item comes. */
  chosen: Values | null;
  /** Whether a key was pressed after the item was painted. */
  painted: (event: { timeStamp: number }) => boolean;
  /** The item takes no decision now. */
  frozen: boolean;
  /** What the job sends to people; null as long as it is not known. */
  policy: ReviewPolicy | null;
  open: number | null;
  decided: number;
  actions: Actions;
}
