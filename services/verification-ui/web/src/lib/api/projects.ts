import { queryOptions } from "@tanstack/react-query";

import { request } from "@/lib/api/request";
import type { ProjectPage } from "@/lib/api/types";

export const projectsQuery = queryOptions({
  queryKey: ["projects"],
  queryFn: async ({ signal }) => {
    const { items } = await request<ProjectPage>("/api/v1/projects", { signal });
    return items;
  },
  staleTime: 10_000,
  refetchInterval: 30_000,
});
