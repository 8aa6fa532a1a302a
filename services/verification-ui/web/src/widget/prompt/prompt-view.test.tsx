import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";

import type { Command } from "@/widget/channel";
import { PromptView } from "@/widget/prompt/prompt-view";

const between = (likely: number) => ({ low: likely, likely, high: likely });

test("marks what is injected, previews what is typed, and saves a new version", async () => {
  const asked: [string, Record<string, unknown>][] = [];
  let version = 3;
  const command = ((name: string, fields: Record<string, unknown> = {}) => {
    asked.push([name, fields]);
    if (name === "save") version += 1;
    const agent = { name: "first", version, model: "small", dataset: "tweets", system_template: "", user_template: "Say: " };
    const user = (fields.user_template as string | undefined) ?? agent.user_template;
    if (name !== "preview") return Promise.resolve({ ...agent, user_template: user });
    const segments = [{ text: user, source: "template" }, { text: "late again", source: "record" }];
    const estimate = { prompt_tokens: between(120), output_tokens: between(5), counted_by: "estimate", usd: between(0.00004), note: "" };
    return Promise.resolve([{ seq: 0, record_id: "t1", messages: [{ role: "user", content: "", segments }], estimate }]);
  }) as Command;
  const user = userEvent.setup();
  render(
    <QueryClientProvider client={new QueryClient()}>
      <PromptView command={command} />
    </QueryClientProvider>,
  );
  expect(await screen.findByText("late again")).toHaveAttribute("data-source", "record");
  expect(screen.getByText(/about 120 tokens in, 5 out, \$0.00004 a record/)).toBeInTheDocument();
  expect(screen.getByRole("button", { name: "Save as version 4" })).toBeDisabled();

  await user.type(screen.getByLabelText("User template"), "now ");
  await waitFor(() => expect(asked.at(-1)).toEqual(["preview", { system_template: "", user_template: "Say: now " }]));
  await user.click(screen.getByRole("button", { name: "Save as version 4" }));
  expect(await screen.findByText("first, version 4, small.")).toBeInTheDocument();
});
