import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";

import { Calls, Samples } from "@/features/job/how-it-came";
import type { AnnotationDetail, LabelTask } from "@/lib/api/types";

const task: LabelTask = { kind: "single_choice", name: "mood", question: "", options: ["good", "bad"].map((value) => ({ value, name: "", description: "", aliases: [], color: null, key: null })) };

const call = (more: Partial<AnnotationDetail["calls"][number]>): AnnotationDetail["calls"][number] => ({
  started_at: `2026-01-01T00:00:0${more.seconds ?? 0}Z`,
  seconds: 1,
  status: 200,
  error: null,
  provider: "first",
  model: "small",
  prompt_tokens: null,
  completion_tokens: null,
  ...more,
});

const lines = () => screen.getAllByRole("listitem").map(({ textContent }) => textContent);

test("each call says how it ended, how long it took and, where there were two, which model it went to", () => {
  render(
    <Calls
      calls={[
        call({ seconds: 1, status: null, error: "timeout" }),
        call({ seconds: 2, status: 503, error: "server_error" }),
        call({ seconds: 3, model: "large", prompt_tokens: 1200, completion_tokens: 7 }),
      ]}
    />,
  );
  expect(lines()).toEqual(["Timeout · 1.0 s · small", "Server error · 503 · 2.0 s · small", "Answered · 3.0 s · 1,200 tokens in, 7 out · large"]);
});

test("each sample says what it was read as, or why it could not be read", () => {
  render(
    <Samples
      tasks={[task]}
      samples={[
        { values: { mood: "good" }, reason: null, detail: null, left_out: false },
        { values: {}, reason: "no_option", detail: null, left_out: false },
        { values: {}, reason: null, detail: null, left_out: true },
      ]}
    />,
  );
  expect(lines()).toEqual(["good", "No option", "not kept, for want of room"]);
});

test("an answer of the first call leaves nothing to tell", () => {
  const { container } = render(
    <>
      <Calls calls={[]} />
      <Samples samples={[]} tasks={[task]} />
    </>,
  );
  expect(container.textContent).toBe("");
});
