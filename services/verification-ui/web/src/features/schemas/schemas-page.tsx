import { useQueries, useQuery } from "@tanstack/react-query";
import { Plus, Tags } from "lucide-react";
import { useState } from "react";

import { Button } from "@/ui/button";
import { Notice, ProblemNotice } from "@/ui/notice";
import { Skeleton } from "@/ui/skeleton";
import { ImportDialog } from "@/features/schemas/import-dialog";
import { SchemaList } from "@/features/schemas/schema-list";
import { SchemaView } from "@/features/schemas/schema-view";
import styles from "@/features/schemas/schemas-page.module.css";
import { labelSchemasQuery } from "@/lib/api/label-schema";
import { projectsQuery } from "@/lib/api/projects";
import { useSession } from "@/lib/session";

interface Props {
  projectId: string | null;
  /** The version that is shown; the newest when left out. */
  schemaId: string | null;
  onShow: (schemaId: string) => void;
}

/** The label schemas of the projects at hand: what is asked of records, version by version. */
export function SchemasPage({ projectId, schemaId, onShow }: Props) {
  const { mayManage } = useSession();
  const [making, setMaking] = useState(false);
  const projects = useQuery(projectsQuery);
  const shownProjects = projects.data?.filter(({ id }) => projectId === null || id === projectId) ?? [];
  const answers = useQueries({ queries: shownProjects.map(({ id }) => labelSchemasQuery(id)) });
  const schemas = answers.flatMap(({ data }) => data ?? []).sort((one, other) => other.created_at.localeCompare(one.created_at));
  const named = shownProjects.length > 1 ? new Map(shownProjects.map(({ id, name }) => [id, name])) : null;
  const failure = projects.error ?? answers.find(({ error }) => error !== null)?.error;
  const shown = schemas.find(({ id }) => id === schemaId) ?? schemas[0];
  const loading = projects.isPending || answers.some(({ isPending }) => isPending);

  return (
    <div className="page">
      <div className={styles.head}>
        <h1 className={styles.title}>Label schemas</h1>
        {mayManage && shownProjects.length > 0 && (
          <Button variant="primary" onClick={() => setMaking(true)}>
            <Plus size={15} aria-hidden="true" />
            New version
          </Button>
        )}
      </div>
      {failure && !shown ? (
        <ProblemNotice error={failure} onRetry={() => void projects.refetch()} />
      ) : shown ? (
        <div className={styles.layout}>
          <SchemaList schemas={schemas} shown={shown} projects={named} onShow={onShow} />
          <SchemaView key={shown.id} schema={shown} />
        </div>
      ) : loading ? (
        <Skeleton height={280} radius={12} />
      ) : (
        <Notice icon={<Tags size={20} />} title="No label schemas yet">
          A label schema says what is asked of each record: one label or several, spans of the text, a number, a short text.
          {mayManage ? " Make the first from a YAML or JSON file." : " An admin of your project makes them."}
        </Notice>
      )}
      <ImportDialog open={making} onClose={() => setMaking(false)} projects={shownProjects} onMade={(schema) => onShow(schema.id)} />
    </div>
  );
}
