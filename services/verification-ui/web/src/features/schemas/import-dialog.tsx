import { useMutation, useQueryClient } from "@tanstack/react-query";
import clsx from "clsx";
import { FileUp } from "lucide-react";
import { useState } from "react";

import { Button, buttonClass } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { ProblemLine } from "@/ui/notice";
import styles from "@/features/schemas/schemas-page.module.css";
import { importLabelSchema, labelSchemasQuery } from "@/lib/api/label-schema";
import type { LabelSchema, Project } from "@/lib/api/types";
import { notify } from "@/lib/notify";

const example = `name: mails
tasks:
  - name: tone
    question: How does it sound?
    options:
      - value: angry
        description: The writer is upset
        color: "#c8463c"
      - calm
  - name: places
    kind: span
    options: [city, country]
`;

interface Props {
  open: boolean;
  onClose: () => void;
  projects: readonly Project[];
  onMade: (schema: LabelSchema) => void;
}

/** Makes a version from YAML or JSON that is pasted or taken from a file. */
export function ImportDialog({ open, onClose, projects, onMade }: Props) {
  const queryClient = useQueryClient();
  const [content, setContent] = useState("");
  const [project, setProject] = useState<string | null>(null);
  const projectId = project ?? projects[0]?.id ?? "";
  const making = useMutation({
    mutationFn: () => importLabelSchema(projectId, content.trimStart().startsWith("{") ? "json" : "yaml", content),
    onSuccess: async (schema) => {
      await queryClient.invalidateQueries({ queryKey: labelSchemasQuery(projectId).queryKey });
      notify(`${schema.name}, version ${schema.version}`, "Agents can be made for it.");
      setContent("");
      onMade(schema);
      onClose();
    },
  });

  return (
    <Dialog wide open={open} onClose={onClose} title="New version of a label schema">
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          making.mutate();
        }}
      >
        {projects.length > 1 && (
          <label>
            Project
            <select value={projectId} onChange={(event) => setProject(event.target.value)}>
              {projects.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        )}
        <label>
          YAML or JSON
          <textarea rows={14} spellCheck={false} placeholder={example} value={content} onChange={(event) => setContent(event.target.value)} />
        </label>
        <label className={clsx(buttonClass({ size: "small" }), styles.file)}>
          <FileUp size={14} aria-hidden="true" />
          From a file
          <input
            type="file"
            className="visually-hidden"
            accept=".yaml,.yml,.json"
            onChange={(event) => {
              void event.target.files?.[0]?.text().then(setContent);
            }}
          />
        </label>
        {making.error && <ProblemLine error={making.error} />}
        <div className={styles.formActions}>
          <span>A name that exists already gets its next version; an equal one changes nothing.</span>
          <Button type="submit" variant="primary" disabled={content.trim() === "" || making.isPending}>
            {making.isPending ? "Making…" : "Make it"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
