import { cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";

import { openPage, painted, press } from "@/features/review/page-in-test";
import { reviewItem } from "@/testing/review-items";

afterEach(() => {
  cleanup(); // gives back what is held, while the stub still answers
  vi.unstubAllGlobals();
});

const open = () => openPage([1, 2, 3, 4].map((seq) => reviewItem(seq)));

test("Enter confirms the suggestion of the item shown, with what was shown", async () => {
  const page = await open();
  press("Enter");
  await screen.findByText("The text of record 2");
  expect(page.decisions()).toEqual([
    {
      path: "/verification/v1/items/job%3A1/decision",
      body: { reservation: "reservation-1", attempt: 1, values: { sentiment: "positive" }, shown_values: { sentiment: "positive" } },
    },
  ]);
});

test("a digit picks that label", async () => {
  const page = await open();
  press("3");
  await screen.findByText("The text of record 2");
  expect(page.decisions()[0]?.body.values).toEqual({ sentiment: "negative" });
});

test("a held key and keys with modifiers decide nothing", async () => {
  const page = await open();
  press("Enter", { repeat: true });
  press("1", { ctrlKey: true });
  press("2", { altKey: true });
  await painted();
  expect(page.decisions()).toEqual([]);
});

test("a second key during the transition is ignored", async () => {
  const page = await open();
  press("1");
  press("2");
  press("Enter");
  await screen.findByText("The text of record 2");
  expect(page.decisions()).toHaveLength(1);
});

test("keys are off while typing", async () => {
  const page = await open();
  const field = document.createElement("input");
  document.body.append(field);
  fireEvent.keyDown(field, { key: "1", bubbles: true });
  fireEvent.keyDown(field, { key: "Enter", bubbles: true });
  await painted();
  field.remove();
  expect(page.decisions()).toEqual([]);
});

test("U undoes the last decision and shows its record again", async () => {
  const page = await open();
  press("2");
  await screen.findByText("The text of record 2");
  await painted();
  press("u");
  await waitFor(() => expect(screen.getByRole("article")).toHaveTextContent("The text of record 1"));
  expect(page.sent.some(({ path }) => path.endsWith("/items/job%3A1/undo"))).toBe(true);
});

test("confidence and every option's probability are shown as numbers", async () => {
  await open();
  expect(screen.getByText("confident", { exact: false })).toHaveTextContent("41% confident");
  for (const share of ["35%", "24%"]) expect(screen.getByText(share)).toBeVisible();
});
