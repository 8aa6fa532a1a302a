import { queryOptions } from "@tanstack/react-query";

import { request } from "@/lib/api/request";
import type { JobReport } from "@/lib/api/types";

/** Label distribution, reasons, accuracy and confidence of a job; read again while it runs. */
export const reportQuery = (jobId: string, running: boolean) =>
  queryOptions({
    queryKey: ["report", jobId],
    queryFn: ({ signal }) => request<JobReport>(`/api/v1/jobs/${jobId}/report`, { signal }),
    refetchInterval: running ? 3_000 : false,
  });
