import { queryOptions, useQuery } from "@tanstack/react-query";

import { request } from "@/lib/api/request";
import type { Session } from "@/lib/api/types";

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: ({ signal }) => request<Session>("/api/v1/sessions/current", { signal }),
  staleTime: 60_000,
  retry: false,
});

/** Who is logged in, and what that role may do. The server decides; this only hides what would be refused. */
export function useSession() {
  const { data } = useQuery(sessionQuery);
  return {
    session: data,
    mayManage: data?.role === "admin",
    mayReview: data?.role === "admin" || data?.role === "annotator",
  };
}
