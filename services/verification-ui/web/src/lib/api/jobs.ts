import { queryOptions } from "@tanstack/react-query";

import { request } from "@/lib/api/request";
import type { Job, JobPage } from "@/lib/api/types";

export const isLive = (job: Pick<Job, "state">): boolean => job.state === "running" || job.state === "waiting" || job.state === "paused";

/** While a job runs its numbers are read every second; otherwise the page asks rarely. */
export const pollInterval = (jobs: readonly Pick<Job, "state">[] | undefined): number => {
  if (!jobs) return 5_000;
  if (jobs.some((job) => job.state === "running")) return 1_000;
  if (jobs.some((job) => job.state === "waiting")) return 3_000;
  return 15_000;
};

export const jobsQuery = (projectId: string) =>
  queryOptions({
    queryKey: ["jobs", projectId],
    queryFn: async ({ signal }) => {
      const { items } = await request<JobPage>(`/api/v1/projects/${projectId}/jobs`, { signal });
      return items;
    },
    refetchInterval: ({ state }) => (state.error ? 5_000 : pollInterval(state.data)),
  });

export const jobQuery = (jobId: string) =>
  queryOptions({
    queryKey: ["job", jobId],
    queryFn: ({ signal }) => request<Job>(`/api/v1/jobs/${jobId}`, { signal }),
    refetchInterval: ({ state }) => (state.error ? 5_000 : pollInterval(state.data && [state.data])),
  });
