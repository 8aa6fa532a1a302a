import { queryOptions } from "@tanstack/react-query";

import { query, request } from "@/lib/api/request";
import type { LabelSchema, LabelSchemaPage } from "@/lib/api/types";

/** Label schemas never change once made, so one read is enough. */
export const labelSchemaQuery = (labelSchemaId: string) =>
  queryOptions({
    queryKey: ["label-schema", labelSchemaId],
    queryFn: ({ signal }) => request<LabelSchema>(`/api/v1/label-schemas/${labelSchemaId}`, { signal }),
    staleTime: Infinity,
  });

/** All versions of a project's label schemas, by name and version. */
export const labelSchemasQuery = (projectId: string) =>
  queryOptions({
    queryKey: ["label-schemas", projectId],
    queryFn: async ({ signal }) => {
      const found: LabelSchema[] = [];
      let after: string | null = null;
      do {
        const page: LabelSchemaPage = await request<LabelSchemaPage>(`/api/v1/projects/${projectId}/label-schemas${query({ after, limit: 500 })}`, { signal });
        found.push(...page.items);
        after = page.next ?? null;
      } while (after !== null);
      return found;
    },
  });

/** Makes a version from a file; an equal one is given back as it is. */
export const importLabelSchema = (projectId: string, format: "yaml" | "json", content: string) =>
  request<LabelSchema>(`/api/v1/projects/${projectId}/label-schemas/import${query({ format })}`, {
    method: "POST",
    file: { content, type: `application/${format}` },
  });
