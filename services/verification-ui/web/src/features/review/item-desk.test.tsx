import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, describe, expect, test, vi } from "vitest";

import { openPage, painted, press } from "@/features/review/page-in-test";
import { itemOfAllKinds, span, suggestion, tasks } from "@/testing/review-items";

afterEach(() => {
  cleanup(); // gives back what is held, while the stub still answers
  vi.unstubAllGlobals();
});

const open = (...changes: Parameters<typeof itemOfAllKinds>[1][]) => openPage([itemOfAllKinds(1, changes[0]), itemOfAllKinds(2)]);
const task = (name: string) => screen.getByRole("group", { name });
const active = () => screen.getAllByRole("group").find((group) => group.getAttribute("aria-current") === "step");
const all = {
  tone: "warm",
  topics: ["travel"],
  names: [span("Ada", "person"), span("Zu\u0308rich", "place")],
  stars: 4,
  amount: 240,
  summary: "A flight",
};
const only = (name: keyof typeof tasks) => ({
  tasks: [tasks[name]],
  suggestions: itemOfAllKinds(1).suggestions.filter((label) => label.task === name),
});

describe("several tasks on one card", () => {
  test("Enter confirms all of them, with what was shown", async () => {
    const page = await open();
    press("Enter");
    await waitFor(() => expect(page.decisions()).toHaveLength(1));
    expect(page.decisions()[0]?.body).toMatchObject({ values: all, shown_values: all, attempt: 1, reservation: "reservation-1" });
    expect(await screen.findByRole("article", { name: "Record tweet-2" })).toBeVisible();
  });

  test("arrows go from task to task, and keys belong to the one they are on", async () => {
    const page = await open();
    expect(active()).toBe(task("Tone"));
    press("1"); // cold; warm has a letter of its own
    press("ArrowDown");
    expect(active()).toBe(task("Topics"));
    press("3");
    expect(task("Tone")).toHaveTextContent("Corrected");
    expect(task("Names")).not.toHaveTextContent("Corrected");
    press("Enter");
    await waitFor(() => expect(page.decisions()).toHaveLength(1));
    expect(page.decisions()[0]?.body).toMatchObject({ values: { ...all, tone: "cold", topics: ["travel", "family"] } });
  });

  test("the keys begin at the first task that needs a look", async () => {
    const doubtful = itemOfAllKinds(1).suggestions.map((label) => (label.task === "stars" ? { ...label, confidence: 0.3 } : label));
    await open({ suggestions: doubtful });
    expect(active()).toBe(task("Stars"));
  });

  test("a task that is why the item is here says so, and the keys begin there", async () => {
    const unsure = itemOfAllKinds(1).suggestions.map((label) => ({ ...label, confidence: 0.3 }));
    await open({ suggestions: unsure, causes: [{ task: "stars", reason: "low_confidence" }, { task: "summary", reason: "disagreement" }] });
    expect(active()).toBe(task("Stars"));
    expect(task("Stars")).toHaveTextContent("Low confidence");
    expect(task("Summary")).toHaveTextContent("Agents differ");
    expect(task("Tone")).not.toHaveTextContent("Low confidence");
  });

  test("what has no answer is shown, and nothing is decided", async () => {
    const page = await open({ suggestions: itemOfAllKinds(1).suggestions.filter((label) => label.task !== "topics" && label.task !== "summary") });
    expect(screen.getByRole("button", { name: /2 answers to finish/ })).toBeVisible();
    press("ArrowUp");
    press("Enter");
    expect(active()).toBe(task("Topics"));
    expect(task("Topics")).toHaveTextContent("Pick at least 1");
    expect(task("Summary")).toHaveTextContent("Write something");
    expect(page.decisions()).toEqual([]);
  });

  test("a corrected task goes back to the model's value", async () => {
    await open();
    fireEvent.click(within(task("Tone")).getByRole("radio", { name: /cold/ }));
    expect(within(task("Tone")).getByRole("radio", { name: /cold/ })).toBeChecked();
    fireEvent.click(screen.getByRole("button", { name: /back to the model’s: tone/i }));
    expect(within(task("Tone")).getByRole("radio", { name: /warm/ })).toBeChecked();
    expect(screen.getByRole("button", { name: /Confirm all/ })).toBeVisible();
  });

  test("a label's own letter comes before the page's, which then goes with Shift", async () => {
    const sad = { ...tasks.tone, options: tasks.tone.options.map((option) => ({ ...option, key: option.value === "cold" ? "s" : null })) };
    const page = await open({ tasks: [sad, ...itemOfAllKinds(1).tasks.slice(1)] });
    press("s");
    expect(within(task("Tone")).getByRole("radio", { name: /cold/ })).toBeChecked();
    press("S", { shiftKey: true });
    await waitFor(() => expect(page.sent.some(({ path }) => path.endsWith("/skip"))).toBe(true));
  });

  test("a second Enter during the transition decides nothing more", async () => {
    const page = await open();
    press("Enter");
    press("Enter");
    await screen.findByRole("article", { name: "Record tweet-2" });
    expect(page.decisions()).toHaveLength(1);
  });

  test("an undone item comes back with the person's own values", async () => {
    await open();
    fireEvent.click(within(task("Tone")).getByRole("radio", { name: /cold/ }));
    press("Enter");
    await screen.findByRole("article", { name: "Record tweet-2" });
    await painted();
    press("u");
    await screen.findByRole("article", { name: "Record tweet-1" });
    expect(within(task("Tone")).getByRole("radio", { name: /cold/ })).toBeChecked();
  });
});

describe("multiple choice", () => {
  test("digits toggle, Enter decides, in the order of the schema", async () => {
    const page = await open(only("topics"));
    press("3");
    press("1");
    press("2");
    expect(screen.getByRole("checkbox", { name: /travel/ })).not.toBeChecked();
    press("Enter");
    await waitFor(() => expect(page.decisions()).toHaveLength(1));
    expect(page.decisions()[0]?.body.values).toEqual({ topics: ["work", "family"] });
  });

  test("arrows and Space do without digits", async () => {
    await open(only("topics"));
    press("ArrowDown");
    press("ArrowDown");
    press(" ");
    expect(screen.getByRole("checkbox", { name: /\bwork\b/ })).toBeChecked();
  });
});

describe("spans", () => {
  const marks = () => [...document.querySelectorAll("mark")].map((mark) => mark.textContent);
  const listed = () => within(screen.getByRole("list", { name: "Spans" })).getAllByRole("listitem").map((row) => row.textContent);

  test("the spans of the model stand in the text with their confidence, behind emoji and accents too", async () => {
    await open(only("names"));
    expect(marks()).toEqual(["Ada", "Zu\u0308rich"]);
    expect(listed()).toEqual(["Adaperson95%", "Zu\u0308richplace90%"]);
  });

  test("a span is made by keys alone: by word, widened, labeled", async () => {
    const page = await open(only("names"));
    press("ArrowRight"); // the emoji
    press("ArrowRight");
    press("ArrowRight", { shiftKey: true });
    press("1");
    press("Enter");
    await waitFor(() => expect(page.decisions()).toHaveLength(1));
    expect(page.decisions()[0]?.body.values).toEqual({ names: [span("Ada", "person"), span("Ada Ling", "person"), span("Zu\u0308rich", "place")] });
  });

  test("a span is picked by key, gets another label, is removed and comes back", async () => {
    await open(only("names"));
    press(".");
    press("2");
    expect(listed()).toEqual(["Adaplacenew", "Zu\u0308richplace90%", "Adaperson"]);
    press("Delete");
    expect(marks()).toEqual(["Zu\u0308rich"]);
    fireEvent.click(screen.getByRole("button", { name: /bring back Ada/i }));
    expect(listed()).toEqual(["Adaperson95%", "Zu\u0308richplace90%"]);
  });

  test("what is marked and has no label is no decision", async () => {
    const page = await open(only("names"));
    press("ArrowRight");
    press("ArrowRight", { shiftKey: true });
    press("Enter");
    expect(page.decisions()).toEqual([]);
    press("Escape");
    press("Enter");
    await waitFor(() => expect(page.decisions()).toHaveLength(1));
  });

  test("without a suggestion it is said on purpose that there are none", async () => {
    const page = await open({ ...only("names"), suggestions: [] });
    press("Enter");
    expect(page.decisions()).toEqual([]);
    fireEvent.click(screen.getByRole("button", { name: "There are none" }));
    press("Enter");
    await waitFor(() => expect(page.decisions()[0]?.body.values).toEqual({ names: [] }));
  });

  test("a record without the field says so", async () => {
    await open({ ...only("names"), tasks: [{ ...tasks.names, field: "title" }] });
    expect(screen.getByText(/no field “title”/)).toBeVisible();
  });
});

describe("numbers", () => {
  test("few numbers are picked by their digit or stepped by arrows", async () => {
    const page = await open(only("stars"));
    press("2");
    press("ArrowRight");
    press("Enter");
    await waitFor(() => expect(page.decisions()[0]?.body.values).toEqual({ stars: 3 }));
  });

  test("a number is typed, stepped and confirmed in its field; the page's keys are off", async () => {
    const page = await open(only("amount"));
    const field = screen.getByRole("spinbutton");
    expect(field).toHaveFocus();
    fireEvent.change(field, { target: { value: "12,5" } });
    press("s");
    press("ArrowUp");
    expect(field).toHaveValue("13");
    press("Enter");
    await waitFor(() => expect(page.decisions()[0]?.body.values).toEqual({ amount: 13 }));
    expect(page.sent.some(({ path }) => path.endsWith("/skip"))).toBe(false);
  });

  test("what is no number of the task is said beside it, and not sent", async () => {
    const page = await open(only("amount"));
    fireEvent.change(screen.getByRole("spinbutton"), { target: { value: "lots" } });
    expect(screen.getByText("That is no number")).toBeVisible();
    press("Enter");
    fireEvent.change(screen.getByRole("spinbutton"), { target: { value: "5000" } });
    expect(screen.getByText("From 0 to 1000")).toBeVisible();
    press("Enter");
    expect(page.decisions()).toEqual([]);
  });
});

describe("texts", () => {
  test("a text is written and confirmed in its field; Escape gives the keys back", async () => {
    const page = await open(only("summary"));
    const field = screen.getByRole("textbox");
    fireEvent.change(field, { target: { value: "lower" } });
    expect(field).toBeInvalid();
    press("Enter");
    expect(page.decisions()).toEqual([]);
    fireEvent.change(field, { target: { value: "Upper" } });
    press("Escape");
    expect(field).not.toHaveFocus();
    press("Enter");
    await waitFor(() => expect(page.decisions()[0]?.body.values).toEqual({ summary: "Upper" }));
  });

  test("keys of an input method and a held Enter confirm nothing", async () => {
    const page = await open({ ...only("summary"), suggestions: [suggestion("summary", "Fine")] });
    press("Enter", { isComposing: true });
    press("Enter", { repeat: true });
    await painted();
    expect(page.decisions()).toEqual([]);
  });
});
