import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { ReviewPage } from "@/features/review/review-page";
import { sessionQuery } from "@/lib/session";
import { reviewItem } from "@/testing/review-items";

interface Sent {
  path: string;
  body: Record<string, unknown>;
}

let sent: Sent[];
const decisions = () => sent.filter(({ path }) => path.endsWith("/decision"));

beforeEach(() => {
  sent = [];
  const waiting = [1, 2, 3, 4].map((seq) => reviewItem(seq));
  vi.stubGlobal("fetch", (path: string, init?: RequestInit) => {
    const body = typeof init?.body === "string" ? (JSON.parse(init.body) as Record<string, unknown>) : {};
    sent.push({ path, body });
    if (path.endsWith("/reservations")) {
      const known = body.exclude as string[];
      return Promise.resolve(Response.json({ items: waiting.filter((item) => !known.includes(item.item_id)).slice(0, 3), open: 4 }));
    }
    if (path.endsWith("/decision")) return Promise.resolve(Response.json({ open: 3 }));
    if (path.endsWith("/undo")) return Promise.resolve(Response.json(reviewItem(1, { reservation: "again" })));
    if (path.includes("/history")) return Promise.resolve(Response.json({ items: [] }));
    return Promise.resolve(Response.json({ title: "Not found" }, { status: 404 }));
  });
});
afterEach(() => {
  cleanup(); // gives back what is held, while the stub still answers
  vi.unstubAllGlobals();
});

async function open() {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  client.setQueryData(sessionQuery.queryKey, { name: "Ada", role: "annotator", project_ids: null });
  client.setQueryData(["job", "job"], { name: "Tweets", state: "completed", label_schema_id: "s", review_policy: { threshold: 0.7 } });
  const route = createRootRoute({ component: () => <ReviewPage jobId="job" /> });
  const router = createRouter({ routeTree: route, history: createMemoryHistory({ initialEntries: ["/"] }) });
  render(
    <QueryClientProvider client={client}>
      <RouterProvider router={router as never} />
    </QueryClientProvider>,
  );
  await screen.findByText("The text of record 1");
  await painted();
}

const painted = () => new Promise((resolve) => setTimeout(resolve, 60));
const press = (key: string, more: KeyboardEventInit = {}) => fireEvent.keyDown(document.activeElement ?? document.body, { key, bubbles: true, ...more });

test("Enter confirms the suggestion of the item shown, with what was shown", async () => {
  await open();
  press("Enter");
  await screen.findByText("The text of record 2");
  expect(decisions()).toEqual([
    {
      path: "/verification/v1/items/job%3A1/decision",
      body: { reservation: "reservation-1", attempt: 1, values: { sentiment: "positive" }, shown_values: { sentiment: "positive" } },
    },
  ]);
});

test("a digit picks that label", async () => {
  await open();
  press("3");
  await screen.findByText("The text of record 2");
  expect(decisions()[0]?.body.values).toEqual({ sentiment: "negative" });
});

test("a held key and keys with modifiers decide nothing", async () => {
  await open();
  press("Enter", { repeat: true });
  press("1", { ctrlKey: true });
  press("2", { altKey: true });
  await painted();
  expect(decisions()).toEqual([]);
});

test("a second key during the transition is ignored", async () => {
  await open();
  press("1");
  press("2");
  press("Enter");
  await screen.findByText("The text of record 2");
  expect(decisions()).toHaveLength(1);
});

test("keys are off while typing", async () => {
  await open();
  const field = document.createElement("input");
  document.body.append(field);
  fireEvent.keyDown(field, { key: "1", bubbles: true });
  fireEvent.keyDown(field, { key: "Enter", bubbles: true });
  await painted();
  field.remove();
  expect(decisions()).toEqual([]);
});

test("U undoes the last decision and shows its record again", async () => {
  await open();
  press("2");
  await screen.findByText("The text of record 2");
  await painted();
  press("u");
  await waitFor(() => expect(screen.getByRole("article")).toHaveTextContent("The text of record 1"));
  expect(sent.some(({ path }) => path.endsWith("/items/job%3A1/undo"))).toBe(true);
});

test("confidence and every option's probability are shown as numbers", async () => {
  await open();
  expect(screen.getByText("confident", { exact: false })).toHaveTextContent("41% confident");
  for (const share of ["35%", "24%"]) expect(screen.getByText(share)).toBeVisible();
});
