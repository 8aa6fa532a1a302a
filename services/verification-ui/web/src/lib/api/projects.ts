import { queryOptions } from "@tanstack/react-query";

import { request } from "@/lib/api/request";
import type { Page, Project } from "@/lib/api/types";

export const projectsQuery = queryOptions({
  queryKey: ["projects"],
  queryFn: async ({ signal }) => {
    const answer = await request<Page<Project> | Project[]>("/api/v1/projects", { signal });
    return Array.isArray(answer) ? answer : answer.items;
  },
  staleTime: 10_000,
  refetchInterval: 30_000,
});
