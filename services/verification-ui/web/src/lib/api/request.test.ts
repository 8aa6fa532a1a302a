import { afterEach, expect, test, vi } from "vitest";

import { Problem } from "@/lib/api/problem";
import { query, request } from "@/lib/api/request";

afterEach(() => vi.unstubAllGlobals());

const answering = (response: Response | Error) => {
  const fetched = vi.fn<typeof fetch>(() => (response instanceof Error ? Promise.reject(response) : Promise.resolve(response)));
  vi.stubGlobal("fetch", fetched);
  return fetched;
};

const problemOf = (path: string): Promise<Problem> => request(path).then(
    () => Promise.reject(new Error("no problem")),
    (error: unknown) => Problem.from(error),
  );

test("unsafe requests carry the header that forged ones cannot", async () => {
  const fetched = answering(Response.json({ ok: true }));
  await request("/api/v1/sessions", { method: "POST", body: { api_key: "k" } });
  expect(fetched.mock.calls[0]?.[1]?.headers).toMatchObject({ "X-Tandem-Request": "1", "Content-Type": "application/json" });
});

test("a problem keeps its title, detail and cure", async () => {
  answering(Response.json({ title: "Conflict", detail: "It changed.", cure: "Load it again.", status: 409 }, { status: 409 }));
  expect(await problemOf("/x")).toMatchObject({ status: 409, title: "Conflict", detail: "It changed.", cure: "Load it again." });
});

test("an answer without a problem still gets words", async () => {
  answering(new Response("<html>Bad gateway</html>", { status: 502 }));
  const problem = await problemOf("/x");
  expect(problem.title).toBe("A service behind Tandem did not answer");
  expect(problem.cure).not.toBeNull();
});

test("no answer at all is said as such", async () => {
  answering(new TypeError("Failed to fetch"));
  const problem = await problemOf("/x");
  expect(problem).toMatchObject({ status: 0, title: "Tandem cannot be reached" });
  expect(problem.isTransient).toBe(true);
});

test("query leaves out what is not set", () => {
  expect(query({ after: null, limit: 50, outcome: undefined, needs_review: true })).toBe("?limit=50&needs_review=true");
  expect(query({})).toBe("");
});
