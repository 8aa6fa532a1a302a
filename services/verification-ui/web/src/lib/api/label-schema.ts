import { queryOptions } from "@tanstack/react-query";

import { request } from "@/lib/api/request";
import type { LabelSchema } from "@/lib/api/types";

/** Label schemas never change once made, so one read is enough. */
export const labelSchemaQuery = (labelSchemaId: string) =>
  queryOptions({
    queryKey: ["label-schema", labelSchemaId],
    queryFn: ({ signal }) => request<LabelSchema>(`/api/v1/label-schemas/${labelSchemaId}`, { signal }),
    staleTime: Infinity,
  });
