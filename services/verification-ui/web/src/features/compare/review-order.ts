import { queryOptions } from "@tanstack/react-query";

import { request } from "@/lib/api/request";
import type { ReviewOrder, ReviewOrderList } from "@/lib/api/types";

/** The records of a task on which these jobs differ, as far as they were sent to people; null when nobody ordered it. */
export const reviewOrderQuery = (jobs: readonly string[], task: string) =>
  queryOptions({
    queryKey: ["review-order", task, ...jobs],
    queryFn: async ({ signal }) => {
      const search = new URLSearchParams([...jobs.map((job) => ["job", job]), ["task", task]]);
      const { items } = await request<ReviewOrderList>(`/api/v1/review-orders?${search.toString()}`, { signal });
      return items[0] ?? null;
    },
    refetchInterval: ({ state }) => (state.data?.state === "open" ? 1_000 : false),
  });

export const orderReview = (jobs: readonly string[], task: string): Promise<ReviewOrder> =>
  request<ReviewOrder>("/api/v1/review-orders", { method: "POST", body: { jobs, task } });
