import { suggestedValues } from "@/features/review/draft";
import type { Kept } from "@/features/review/outbox/kept";
import { request } from "@/lib/api/request";
import type { Decision, DecisionRequest, History, PastDecision, Reserved, ReviewItem } from "@/lib/api/types";

const base = "/verification/v1";
const item = (itemId: string) => `${base}/items/${encodeURIComponent(itemId)}`;

/** The requests of a review session. An interface, so that the session can be tested without a server. */
export interface ReviewApi {
  reserve(jobId: string, limit: number, exclude: string[]): Promise<Pick<Reserved, "items" | "open">>;
  renew(held: Pick<ReviewItem, "item_id" | "reservation">): Promise<unknown>;
  release(held: ReviewItem): Promise<unknown>;
  undo(itemId: string): Promise<ReviewItem>;
  history(jobId: string): Promise<PastDecision[]>;
}

export const reviewApi: ReviewApi = {
  reserve: (jobId, limit, exclude) => request<Reserved>(`${base}/jobs/${jobId}/reservations`, { method: "POST", body: { limit, exclude } }),
  renew: (held) => request(`${item(held.item_id)}/renew`, { method: "POST", body: { reservation: held.reservation } }),
  release: (held) => request(`${item(held.item_id)}/release`, { method: "POST", keepalive: true, body: { reservation: held.reservation } }),
  undo: (itemId) => request<ReviewItem>(`${item(itemId)}/undo`, { method: "POST", body: {} }),
  history: async (jobId) => {
    const { items } = await request<History>(`${base}/history?job_id=${encodeURIComponent(jobId)}&limit=50`);
    return items;
  },
};

/** The most seconds that the service takes for one item. */
const longest = 86_400;

/** Sends what a person did with an item, and tells how many are open then. The same again changes nothing. */
export async function sendKept({ kind, shown, values, activeSeconds, idleSeconds, flags, comment }: Kept): Promise<number | null> {
  const { open } = await (kind === "skip"
    ? request<{ open: number }>(`${item(shown.item_id)}/skip`, { method: "POST", keepalive: true, body: { reservation: shown.reservation } })
    : request<Decision>(`${item(shown.item_id)}/decision`, {
        method: "POST",
        keepalive: true,
        body: {
          reservation: shown.reservation,
          attempt: shown.attempt,
          values,
          shown_values: suggestedValues(shown),
          active_seconds: Math.min(activeSeconds, longest),
          idle_seconds: Math.min(idleSeconds, longest),
          flags,
          comment,
        } satisfies DecisionRequest,
      }));
  return open;
}
