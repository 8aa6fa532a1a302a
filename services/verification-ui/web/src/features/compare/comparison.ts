import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { request } from "@/lib/api/request";
import type { Comparison, DifferencePage } from "@/lib/api/types";

/** Two to eight jobs over one data set. */
export const fewest = 2;
export const most = 8;

const asQuery = (jobs: readonly string[], more: Record<string, string | null> = {}): string => {
  const search = new URLSearchParams(jobs.map((job) => ["job", job]));
  for (const [name, value] of Object.entries(more)) if (value !== null) search.set(name, value);
  return search.toString();
};

/** How far jobs agree; asked again while the service is still at it. */
export const comparisonQuery = (jobs: readonly string[]) =>
  queryOptions({
    queryKey: ["comparison", ...jobs],
    queryFn: ({ signal }) => request<Comparison>(`/api/v1/comparisons?${asQuery(jobs)}`, { signal }),
    enabled: jobs.length >= fewest,
    refetchInterval: ({ state }) => (state.data && state.data.share < 1 ? 1_500 : false),
  });

/** The records of a task on which jobs differ: confident contradictions first, or in the order of the records. */
export const differencesQuery = (jobs: readonly string[], task: string, order: "usefulness" | "seq") =>
  infiniteQueryOptions({
    queryKey: ["differences", task, order, ...jobs],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      request<DifferencePage>(`/api/v1/comparisons/differences?${asQuery(jobs, { task, order, after: pageParam, limit: "25" })}`, { signal }),
    getNextPageParam: (page) => page.next ?? null,
  });
