import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import type { AnnotationFilter } from "@/features/job/annotation-filter";
import { query, request } from "@/lib/api/request";
import type { AnnotationDetail, AnnotationPage } from "@/lib/api/types";

const pageSize = 50;

/** The annotations of a job in the order of its records, page after page. */
export const annotationsQuery = (jobId: string, filter: AnnotationFilter) =>
  infiniteQueryOptions({
    queryKey: ["annotations", jobId, filter],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      request<AnnotationPage>(
        `/api/v1/jobs/${jobId}/annotations${query({ after: pageParam, limit: pageSize, outcome: filter.outcome, needs_review: filter.review, excerpts: true })}`,
        { signal },
      ),
    getNextPageParam: (page) => page.next ?? null,
    staleTime: 5_000,
  });

/** One annotation with its record, the raw answer and older attempts. */
export const annotationQuery = (jobId: string, seq: number) =>
  queryOptions({
    queryKey: ["annotation", jobId, seq],
    queryFn: ({ signal }) => request<AnnotationDetail>(`/api/v1/jobs/${jobId}/annotations/${seq}`, { signal }),
    staleTime: 5_000,
  });
