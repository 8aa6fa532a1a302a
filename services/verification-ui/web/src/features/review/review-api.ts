import { request } from "@/lib/api/request";
import type { History, PastDecision, Reserved, ReviewItem } from "@/lib/api/types";

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
