import { cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";

import { openPage, painted, press } from "@/features/review/page-in-test";
import { option, reviewItem, suggestion } from "@/testing/review-items";

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
      body: expect.objectContaining({ reservation: "reservation-1", attempt: 1, values: { sentiment: "positive" }, shown_values: { sentiment: "positive" }, flags: [], comment: null, idle_seconds: 0 }) as unknown,
    },
  ]);
  expect(page.decisions()[0]?.body.active_seconds).toBeGreaterThan(0);
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

test("an undone record carries the person's own pick, and Enter confirms that", async () => {
  const page = await open();
  press("3");
  await screen.findByText("The text of record 2");
  await painted();
  press("u");
  await waitFor(() => expect(screen.getByRole("article")).toHaveTextContent("The text of record 1"));
  expect(screen.getByRole("button", { name: /^Negative yours/ })).toBeVisible();
  await painted();
  press("Enter");
  await waitFor(() => expect(page.decisions()).toHaveLength(2));
  expect(page.decisions()[1]?.body.values).toEqual({ sentiment: "negative" });
});

test("keys go by their place where letters are of another script, and belong to the input method while it composes", async () => {
  const page = await open();
  press("Enter", { keyCode: 229 });
  press("1", { isComposing: true });
  await painted();
  expect(page.decisions()).toEqual([]);
  press("&", { code: "Digit1" });
  await screen.findByText("The text of record 2");
  await painted();
  press("ы", { code: "KeyS" });
  await waitFor(() => expect(page.sent.some(({ path }) => path.endsWith("/items/job%3A2/skip"))).toBe(true));
});

test("a flag and a comment go with the decision on their record alone", async () => {
  const page = await open();
  press("f");
  fireEvent.change(await screen.findByRole("textbox", { name: "Comment" }), { target: { value: "Two readings" } });
  fireEvent.click(screen.getByRole("button", { name: "Keep" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  press("1");
  await screen.findByText("The text of record 2");
  await painted();
  press("1");
  await waitFor(() => expect(page.decisions()).toHaveLength(2));
  expect(page.decisions().map(({ body }) => [body.flags, body.comment])).toEqual([[["flagged"], "Two readings"], [[], null]]);
});

test("looking ahead decides nothing", async () => {
  const page = await open();
  press("j");
  await screen.findByText("The text of record 2");
  await painted();
  press("1");
  press("Enter");
  press("s");
  press("Escape");
  await screen.findByText("The text of record 1");
  expect(page.sent.filter(({ path }) => /decision|skip/.test(path))).toEqual([]);
});

test("of many labels one is searched by its letters and picked by Enter", async () => {
  const labels = Array.from({ length: 77 }, (_, index) => option(`intent_${index}`));
  const intent = { kind: "single_choice" as const, name: "intent", question: "", options: [...labels, option("card_payment")] };
  const item = (seq: number) => reviewItem(seq, { tasks: [intent], suggestions: [suggestion("intent", "intent_5", { probabilities: { intent_5: 0.4, intent_9: 0.3, intent_7: 0.2 } })] });
  const page = await openPage([item(1), item(2), item(3)]);
  press("3"); // the third of the likeliest
  await screen.findByText("The text of record 2");
  expect(page.decisions()[0]?.body.values).toEqual({ intent: "intent_7" });
  await painted();
  press("c"); // no key of a command: begins a search
  const field = screen.getByRole("searchbox");
  expect(field).toHaveFocus();
  fireEvent.change(field, { target: { value: "card" } });
  press("Enter");
  await screen.findByText("The text of record 3");
  expect(page.decisions()[1]?.body.values).toEqual({ intent: "card_payment" });
  expect(field).toHaveValue("");
});

test("confidence and every option's probability are shown as numbers", async () => {
  await open();
  expect(screen.getByText(/41% sure/)).toHaveTextContent("Low confidence. 41% sure, this job asks for 70%; 6 points ahead of neutral.");
  for (const share of ["35%", "24%"]) expect(screen.getByText(share)).toBeVisible();
});
