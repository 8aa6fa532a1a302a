import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import type { components } from "@/lib/api/generated/api";
import { visible } from "@/lib/visible";
import { Button } from "@/ui/button";
import { ProblemLine } from "@/ui/notice";
import type { Command } from "@/widget/channel";
import { estimateText } from "@/widget/prompt/estimate";
import styles from "@/widget/prompt/prompt.module.css";

type Previewed = components["schemas"]["PreviewedPrompt"];
type Source = Previewed["messages"][number]["segments"][number]["source"];

interface Described {
  name: string;
  version: number;
  model: string;
  dataset: string;
  system_template: string;
  user_template: string;
}

const sources: Record<Source, string> = {
  template: "template",
  record: "from the record",
  label_schema: "from the label schema",
  example: "from an example",
};

/** The templates of an agent, with the prompts that they make of real records. */
export function PromptView({ command }: { command: Command }) {
  const described = useQuery({ queryKey: ["describe"], queryFn: () => command<Described>("describe"), retry: false, staleTime: Infinity });
  if (described.error) return <ProblemLine error={described.error} onRetry={() => void described.refetch()} />;
  return described.data ? <Editor command={command} agent={described.data} /> : null;
}

function Editor({ command, agent }: { command: Command; agent: Described }) {
  const [system, setSystem] = useState(agent.system_template);
  const [user, setUser] = useState(agent.user_template);
  const templates = useSettled({ system_template: system, user_template: user });
  const client = useQueryClient();
  const preview = useQuery({
    queryKey: ["preview", templates],
    queryFn: () => command<Previewed[]>("preview", templates),
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: Infinity,
  });
  const save = useMutation({
    mutationFn: () => command<Described>("save", { system_template: system, user_template: user }),
    onSuccess: (saved) => client.setQueryData(["describe"], saved),
  });
  const isChanged = system !== agent.system_template || user !== agent.user_template;

  return (
    <section className={styles.view} aria-label={`Prompt of ${agent.name}`}>
      <div className={styles.edit}>
        <label className={styles.label}>
          System template
          <textarea className={styles.template} spellCheck={false} value={system} onChange={(event) => setSystem(event.target.value)} />
        </label>
        <label className={styles.label}>
          User template
          <textarea className={styles.template} spellCheck={false} value={user} onChange={(event) => setUser(event.target.value)} />
        </label>
        <div className={styles.bar}>
          <Button variant="primary" disabled={!isChanged || save.isPending || preview.isError} onClick={() => save.mutate()}>
            {save.isPending ? "Saving…" : `Save as version ${agent.version + 1}`}
          </Button>
          <span className={styles.note} role="status">
            {isChanged ? "Not saved." : `${agent.name}, version ${agent.version}, ${agent.model}.`}
          </span>
        </div>
        {save.error && <ProblemLine error={save.error} />}
      </div>
      <div className={styles.preview}>
        <p className={styles.legend}>
          {Object.entries(sources).map(([source, word]) => (
            <span key={source} data-source={source}>
              {word}
            </span>
          ))}
        </p>
        {preview.error && <ProblemLine error={preview.error} />}
        {preview.data?.map((prompt) => (
          <article key={prompt.record_id} className={styles.prompt} aria-label={`Prompt for ${prompt.record_id}`}>
            <p className={styles.note}>
              {prompt.record_id} of {agent.dataset}: {estimateText(prompt.estimate)}
            </p>
            {prompt.messages.map((message, place) => (
              <div key={place} className={styles.message}>
                <small>{message.role}</small>
                <pre>
                  {message.segments.map((segment, at) => (
                    <span key={at} data-source={segment.source}>
                      {visible(segment.text)}
                    </span>
                  ))}
                </pre>
              </div>
            ))}
          </article>
        ))}
      </div>
    </section>
  );
}

/** The value, once it has stayed the same for a moment: not each letter is previewed. */
function useSettled<Value>(value: Value): Value {
  const [settled, setSettled] = useState(value);
  const key = JSON.stringify(value);
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(JSON.parse(key) as Value), 400);
    return () => window.clearTimeout(timer);
  }, [key]);
  return settled;
}
