import { Download } from "lucide-react";

import { Badge } from "@/ui/badge";
import { buttonClass } from "@/ui/button";
import { Kbd } from "@/ui/kbd";
import styles from "@/features/schemas/schemas-page.module.css";
import type { LabelOption, LabelSchema, LabelTask } from "@/lib/api/types";
import { dateTime, words } from "@/lib/format";
import { colorOf } from "@/domain/label-colors";
import { optionsOf, questionOf } from "@/domain/label-values";

/** One version as it is read: each task with its rules and its labels. */
export function SchemaView({ schema }: { schema: LabelSchema }) {
  return (
    <article className={styles.schema} aria-label={`${schema.name}, version ${schema.version}`}>
      <header className={styles.schemaHead}>
        <div>
          <h2>
            {schema.name} <small>version {schema.version}</small>
          </h2>
          <p>Made {dateTime(schema.created_at)}. A version never changes.</p>
        </div>
        <span className={styles.files}>
        {(["yaml", "json"] as const).map((format) => (
          <a key={format} className={buttonClass({ size: "small" })} href={`/api/v1/label-schemas/${schema.id}/export?format=${format}`} download>
            <Download size={14} aria-hidden="true" />
            {format.toUpperCase()}
          </a>
        ))}
        </span>
      </header>
      {schema.tasks.map((task) => (
        <section key={task.name} className={styles.task} aria-label={words(task.name)}>
          <div className={styles.taskHead}>
            <h3>{questionOf(task)}</h3>
            <Badge>{words(task.kind)}</Badge>
          </div>
          <p className={styles.rules}>
            <code>{task.name}</code>
            {rulesOf(task).map((rule) => (
              <span key={rule}>{rule}</span>
            ))}
          </p>
          {optionsOf(task).length > 0 && <Options options={optionsOf(task)} spans={task.kind === "span"} />}
          {task.kind === "span" &&
            task.attributes.map((attribute) => (
              <p key={attribute.name} className={styles.attribute}>
                {words(attribute.name)}
                {attribute.required && " (needed)"}: {attribute.options.map((option) => option.name || option.value).join(", ")}
              </p>
            ))}
        </section>
      ))}
    </article>
  );
}

function Options({ options, spans }: { options: readonly LabelOption[]; spans: boolean }) {
  return (
    <ul className={styles.options}>
      {options.map((option) => (
        <li key={option.value}>
          {(spans || option.color != null) && <span className={styles.color} style={{ background: colorOf(options, option.value) }} aria-hidden="true" />}
          <div>
            <b>{option.name || option.value}</b>
            {option.name && option.name !== option.value && <code>{option.value}</code>}
            {option.key != null && <Kbd>{option.key.toUpperCase()}</Kbd>}
            {option.description && <p>{option.description}</p>}
            {option.aliases.length > 0 && <p className={styles.aliases}>also read: {option.aliases.join(", ")}</p>}
          </div>
        </li>
      ))}
    </ul>
  );
}

/** What a value has to keep to, in words. */
function rulesOf(task: LabelTask): string[] {
  switch (task.kind) {
    case "single_choice":
      return ["exactly one"];
    case "multiple_choice":
      return [task.at_least > 0 && `at least ${task.at_least}`, task.at_most != null && `at most ${task.at_most}`].filter((rule) => rule !== false);
    case "span":
      return [task.field != null && `in the field “${task.field}”`, task.overlaps ? "may overlap" : "do not overlap"].filter((rule) => rule !== false);
    case "number":
      return [`${task.minimum} to ${task.maximum}${task.unit && ` ${task.unit}`}`, task.step != null && `in steps of ${task.step}`].filter((rule) => rule !== false);
    case "text":
      return [`${task.min_length} to ${task.max_length} characters`, task.pattern != null && `matches ${task.pattern}`].filter((rule) => rule !== false);
  }
}
