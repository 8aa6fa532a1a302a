import type { Actions } from "@/features/review/action-bar";
import type { ReviewSession } from "@/features/review/review-session";
import type { Remarks } from "@/domain/outbox/kept";
import type { OutboxStore } from "@/domain/outbox/store";
import type { WorkTime } from "@/domain/desk/work-time";
import type { ReviewItem, ReviewPolicy } from "@/lib/api/types";

/** What a desk, where a person decides on one item, is given. */
export interface DeskProps {
  item: ReviewItem;
  session: ReviewSession;
  /** Keeps what is not decided yet. */
  store: OutboxStore;
  personId: string;
  time: WorkTime;
  /** What goes with the decision on this item. */
  remarks: Remarks;
  /** Whether a key was pressed after the item was painted. */
  painted: (event: { timeStamp: number }) => boolean;
  /** The item takes no decision now. */
  frozen: boolean;
  /** Where the item stands behind the one that is decided next; 0: it is that one. */
  ahead: number;
  /** What the job sends to people; null as long as it is not known. */
  policy: ReviewPolicy | null;
  /** Keys that are commands of the page. */
  reserved: ReadonlySet<string>;
  actions: Actions;
}
