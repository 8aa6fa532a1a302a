import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { fireEvent, render, screen } from "@testing-library/react";
import { vi } from "vitest";

import { ReviewPage } from "@/features/review/review-page";
import { forgetOutboxes } from "@/domain/outbox/use-outbox";
import type { ReviewItem } from "@/lib/api/types";
import { sessionQuery } from "@/lib/session";

interface Sent {
  path: string;
  body: Record<string, unknown>;
}

/** The review page over a service that gives these items and takes everything; for tests. */
export async function openPage(waiting: ReviewItem[]) {
  const sent: Sent[] = [];
  vi.stubGlobal("fetch", (path: string, init?: RequestInit) => {
    const body = typeof init?.body === "string" ? (JSON.parse(init.body) as Record<string, unknown>) : {};
    sent.push({ path, body });
    if (path.endsWith("/reservations")) {
      const known = body.exclude as string[];
      return Promise.resolve(Response.json({ items: waiting.filter((item) => !known.includes(item.item_id)).slice(0, 3), open: 4 }));
    }
    if (path.endsWith("/decision")) return Promise.resolve(Response.json({ open: 3 }));
    if (path.endsWith("/undo")) return Promise.resolve(Response.json({ ...waiting[0], reservation: "again" }));
    if (path.includes("/history")) return Promise.resolve(Response.json({ items: [] }));
    return Promise.resolve(Response.json({ title: "Not found" }, { status: 404 }));
  });

  forgetOutboxes();
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  client.setQueryData(sessionQuery.queryKey, { person_id: "ada", name: "Ada", role: "annotator", project_ids: null });
  client.setQueryData(["job", "job"], { name: "Tweets", state: "completed", label_schema_id: "s", review_policy: { threshold: 0.7, tasks: {} } });
  const route = createRootRoute({ component: () => <ReviewPage jobId="job" /> });
  const router = createRouter({ routeTree: route, history: createMemoryHistory({ initialEntries: ["/"] }) });
  render(
    <QueryClientProvider client={client}>
      <RouterProvider router={router as never} />
    </QueryClientProvider>,
  );
  await screen.findByRole("article");
  await painted();
  return { sent, decisions: () => sent.filter(({ path }) => path.endsWith("/decision")) };
}

/** Keys pressed before an item was painted were meant for the one before. */
export const painted = () => new Promise((resolve) => setTimeout(resolve, 60));

export const press = (key: string, more: KeyboardEventInit = {}) =>
  fireEvent.keyDown(document.activeElement ?? document.body, { key, bubbles: true, ...more });
