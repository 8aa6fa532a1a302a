import { queryOptions } from "@tanstack/react-query";

import { request } from "@/lib/api/request";
import type { ReviewQueueList } from "@/lib/api/types";

/** How much waits for people, of all jobs that the caller may see. */
export const reviewQueuesQuery = (live: boolean) =>
  queryOptions({
    queryKey: ["review-queues"],
    queryFn: async ({ signal }) => {
      const { items } = await request<ReviewQueueList>("/verification/v1/jobs", { signal });
      return items;
    },
    refetchInterval: live ? 2_000 : 15_000,
  });
