import clsx from "clsx";

import styles from "@/features/schemas/schemas-page.module.css";
import type { LabelSchema } from "@/lib/api/types";
import { ago, counted } from "@/lib/format";

interface Props {
  /** The newest first. */
  schemas: readonly LabelSchema[];
  shown: LabelSchema;
  /** Names of the projects, where the schemas are of several. */
  projects: ReadonlyMap<string, string> | null;
  onShow: (schemaId: string) => void;
}

/** The schemas by name, each with its versions. */
export function SchemaList({ schemas, shown, projects, onShow }: Props) {
  const groups = new Map<string, LabelSchema[]>();
  for (const schema of schemas) {
    const key = `${schema.project_id} ${schema.name}`;
    groups.set(key, [...(groups.get(key) ?? []), schema]);
  }
  return (
    <nav className={styles.list} aria-label="Label schemas">
      {[...groups].map(([key, versions]) => (
        <section key={key}>
          <h2>
            {versions[0]?.name}
            {projects && <small>{projects.get(versions[0]?.project_id ?? "")}</small>}
          </h2>
          <ul>
            {versions.map((schema) => (
              <li key={schema.id}>
                <button type="button" className={clsx(styles.version, schema.id === shown.id && styles.current)} aria-current={schema.id === shown.id ? "true" : undefined} onClick={() => onShow(schema.id)}>
                  <b>Version {schema.version}</b>
                  <small>
                    {counted(schema.tasks.length, "task")} · {ago(schema.created_at)}
                  </small>
                </button>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </nav>
  );
}
