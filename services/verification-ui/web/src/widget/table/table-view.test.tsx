import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";

import type { Command } from "@/widget/channel";
import { TableView } from "@/widget/table/table-view";

const records = ["a", "b", "c"].map((record_id, seq) => ({
  seq,
  record_id,
  excerpt: `text of ${record_id}`,
  matched: [],
  annotation: { outcome: "labeled", needs_review: true, labels: [{ task: "mood", value: "good", confidence: 0.2 + seq / 10 }] },
}));

/** A kernel's side that keeps what it is asked. */
function shown() {
  const asked: [string, Record<string, unknown>][] = [];
  const answers: Record<string, unknown> = {
    describe: { name: "first", tasks: [{ name: "mood", kind: "single_choice", options: [{ value: "good" }, { value: "bad" }] }], at_once: 2 },
    rows: { where: "", items: records, next: null, count: { records: 3, exact: true, text: "3" }, blind: 1 },
  };
  const command = ((name: string, fields: Record<string, unknown> = {}) => {
    asked.push([name, fields]);
    const ids = (fields.record_ids ?? []) as string[];
    const done = { confirmed: ids.filter((id) => id !== "c"), refused: ids.includes("c") ? { c: "Read it blind first." } : {} };
    return Promise.resolve(answers[name] ?? (name === "select" ? null : done));
  }) as Command;
  render(
    <QueryClientProvider client={new QueryClient()}>
      <TableView command={command} />
    </QueryClientProvider>,
  );
  const last = (name: string) => asked.filter(([each]) => each === name).at(-1)?.[1];
  return { asked, last, user: userEvent.setup() };
}

test("sorts either way, filters, and tells the kernel what is selected", async () => {
  const { last, user } = shown();
  await screen.findByText("text of a");
  expect(last("rows")).toMatchObject({ where: "", order: "confidence" });
  await user.click(screen.getByRole("button", { name: /^Confidence/ }));
  await waitFor(() => expect(last("rows")).toMatchObject({ order: "-confidence" }));
  await user.selectOptions(screen.getByLabelText("Show"), "open");
  await user.type(screen.getByLabelText("Condition"), "confidence < 0.5 or needs_review{Enter}");
  await waitFor(() => expect(last("rows")).toMatchObject({ where: "not verified and (confidence < 0.5 or needs_review)" }));
  expect(screen.getByText(/1 record is left out/)).toBeInTheDocument();

  await user.click(screen.getByLabelText("Select a"));
  await user.keyboard("{ArrowDown} ");
  await waitFor(() => expect(last("select")).toEqual({ record_ids: ["a", "b"] }));
});

test("confirms in parts and says which records were refused and why", async () => {
  const { asked, last, user } = shown();
  await user.click(await screen.findByLabelText("Select all shown"));
  await user.click(screen.getByRole("button", { name: "Confirm 3 records" }));
  expect(await screen.findByText("2 decisions kept, 1 refused.")).toBeInTheDocument();
  expect(screen.getByText("Read it blind first.")).toBeInTheDocument();
  expect(asked.filter(([name]) => name === "confirm").map(([, fields]) => fields.record_ids)).toEqual([["a", "b"], ["c"]]);
  await waitFor(() => expect(last("select")).toEqual({ record_ids: [] }));

  await user.click(screen.getByLabelText("Select b"));
  await user.selectOptions(screen.getByLabelText("Set mood"), "bad");
  await waitFor(() => expect(last("decide")).toEqual({ record_ids: ["b"], task: "mood", value: "bad" }));
});
