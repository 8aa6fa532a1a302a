import type { IncomingMessage, ServerResponse } from "node:http";
import type { Connect, Plugin } from "vite";

import { record, suggestion, task, type MockRecord } from "./mock-data.ts";
import { comparison, differences, report, reviewOrder } from "./mock-report.ts";
import { kindsItem, kindsOf, kindsSize } from "./mock-kinds.ts";

/**
 * Answers the page's requests with made-up data, for work on the page alone (`npm run mock`).
 * `GET /mock?scenario=…` switches: default, empty, down, viewer, projects, lost, unsaved, few.
 */
export function mockBackend(): Plugin {
  let scenario = "default";
  let state = fresh();
  const serve = (server: { middlewares: Connect.Server }) => {
      server.middlewares.use((request, response, next) => {
        const url = new URL(request.url ?? "/", "http://mock");
        if (url.pathname === "/mock") {
          scenario = url.searchParams.get("scenario") ?? "default";
          state = fresh();
          response.end(scenario);
        } else if (/^\/(api|verification)\//.test(url.pathname)) {
          void body(request).then((sent) => answer(state, scenario, request.method ?? "GET", url, sent, response));
        } else next();
      });
  };
  return { name: "tandem-mock-backend", configureServer: serve, configurePreviewServer: serve };
}

const fresh = () => ({ loggedIn: true, startedAt: Date.now(), decided: new Map<string, { values: Record<string, unknown>; at: string; confirmed: boolean }>(), skipped: [] as string[], changes: new Map<string, string>(), orderedAt: null as number | null });
type State = ReturnType<typeof fresh>;

async function body(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text.startsWith("{") ? (JSON.parse(text) as Record<string, unknown>) : {};
}

const size = 4200;

function job(id: string, name: string, state: string, ended: number, project = "p1") {
  const failed = Math.floor(ended * 0.01);
  const invalid = Math.floor(ended * 0.024);
  return {
    id,
    project_id: project,
    dataset_id: "d1",
    agent_id: "a1",
    name,
    state,
    state_reason: state === "waiting" ? "Provider openai has no quota left for gpt-4o-mini. Add credit or raise the account's limit. The job goes on by itself." : null,
    revision: 1,
    epoch: 1,
    size,
    counts: { labeled: ended - failed - invalid, invalid, failed, not_run: size - ended, needs_review: Math.floor(ended * 0.11) },
    rate_per_second: state === "running" ? 142.4 : null,
    eta_seconds: state === "running" ? Math.ceil((size - ended) / 142.4) : null,
    review_policy: { threshold: 0.7, review_without_confidence: true, review_invalid: true, review_failed: false, tasks: {} },
    agent: { name: "sentiment", version: 2, provider: "local", model: "nearest-label" },
    label_schema_id: "ls1",
    kind: "model",
    sources: [] as string[],
    asks_model: true,
    notice: null,
    budget_usd: 20,
    created_at: new Date(Date.now() - 240_000).toISOString(),
    started_at: new Date(Date.now() - 240_000).toISOString(),
    finished_at: state === "completed" ? new Date(Date.now() - 205_000).toISOString() : null,
  };
}

function jobs(state: State, scenario: string) {
  const progress = Math.min(size, 1200 + Math.floor((Date.now() - state.startedAt) / 1000) * 30);
  const all = [
    job("j1", "Tweets: sentiment", state.changes.get("j1") ?? (progress === size ? "completed" : "running"), progress),
    job("j2", "Support mails, second pass", "completed", size, scenario === "projects" ? "p2" : "p1"),
    job("j3", "Airline tweets", "waiting", 2310),
    job("j4", "Reviews of the spring collection", "paused", 730),
    { ...job("j20", "Vote: tweets", "completed", size), kind: "combined", sources: ["j1", "j2"], asks_model: false, budget_usd: null, agent: { name: "Vote of 2 agents", version: 1, provider: "tandem", model: "vote" } },
    ...Object.keys(kindsOf).map((id) => ({ ...job(id, `Mails: ${kindsOf[id]?.map(({ name }) => name).join(", ") ?? ""}`, "completed", size), label_schema_id: id })),
  ];
  return scenario === "empty" ? [] : all;
}

function queue(state: State, scenario: string): MockRecord[] {
  const found: MockRecord[] = [];
  const most = scenario === "few" ? 2 : 40;
  for (let seq = 0; found.length < most; seq++) {
    const candidate = record(seq);
    if (candidate.review) found.push(candidate);
  }
  const isSkipped = (item: MockRecord) => state.skipped.lastIndexOf(`j2:${item.seq}`);
  return found.filter((item) => !state.decided.has(`j2:${item.seq}`)).sort((one, other) => isSkipped(one) - isSkipped(other));
}

const reviewItem = (from: MockRecord, jobId: string) => ({
  item_id: `${jobId}:${from.seq}`,
  job_id: jobId,
  seq: from.seq,
  record_id: from.record_id,
  fields: from.fields,
  attempt: 1,
  outcome: from.outcome,
  reason: from.review,
  causes: from.review === "low_confidence" ? [{ task: "sentiment", reason: "low_confidence" }] : [],
  suggestions: [suggestion(from)].filter((one) => one !== null),
  tasks: [task],
  reservation: `r-${from.seq}-${Date.now()}`,
  reserved_until: new Date(Date.now() + 120_000).toISOString(),
  raw: from.outcome === "invalid" ? "I'd say it is somewhere between the two, depending on how you read it." : null,
});

const retried = [null, 503, 200].map((status, index) => ({
  started_at: new Date(Date.now() - 60_000 + index * 2000).toISOString(),
  seconds: 0.4 + index,
  status,
  error: ["timeout", "server_error", null][index],
  provider: "local",
  model: "nearest-label",
  prompt_tokens: index === 2 ? 212 : null,
  completion_tokens: index === 2 ? 4 : null,
}));

const annotation = (from: MockRecord) => ({
  seq: from.seq,
  record_id: from.record_id,
  attempt: 1,
  outcome: from.outcome,
  reason: from.reason,
  detail: from.outcome === "failed" ? "The provider's filter withheld the answer." : null,
  labels: from.outcome === "labeled" ? [suggestion(from)] : [],
  needs_review: from.review !== null,
  excerpt: Object.values(from.fields).join(" · ").slice(0, 160),
  model: "nearest-label",
  fallback_used: false,
  repaired: false,
  sources: [],
  seconds: 0.21,
  created_at: new Date().toISOString(),
  verification:
    from.seq % 19 === 0 && from.outcome === "labeled"
      ? { values: { sentiment: from.seq % 38 === 0 ? "neutral" : from.label }, revision: 1, decided_by: "Mira", decided_at: new Date().toISOString(), confirmed: from.seq % 38 !== 0 }
      : null,
});

function itemOf(itemId: string) {
  const [jobId = "", seq] = itemId.split(":");
  return kindsOf[jobId] ? kindsItem(jobId, Number(seq)) : reviewItem(record(Number(seq)), "j2");
}

function kindsAnnotation(jobId: string, seq: number) {
  const { suggestions, fields, ...item } = kindsItem(jobId, seq);
  const values = Object.fromEntries(suggestions.map(({ task, value }) => [task, value]));
  return {
    ...item,
    reason: null,
    labels: suggestions,
    needs_review: seq % 3 === 0,
    excerpt: fields.text.slice(0, 160),
    model: "nearest-label",
    fallback_used: false,
    repaired: false,
    sources: [],
    seconds: 0.9,
    created_at: new Date().toISOString(),
    verification: seq % 4 === 2 ? { values: { ...values, ...(values.tone !== undefined && { tone: "glad" }) }, shown_values: values, revision: 1, decided_by: "Mira", decided_at: new Date().toISOString(), confirmed: false } : null,
  };
}

function answer(state: State, scenario: string, method: string, url: URL, sent: Record<string, unknown>, response: ServerResponse): void {
  const send = (value: unknown, status = 200) => {
    response.statusCode = status;
    response.setHeader("Content-Type", status < 400 ? "application/json" : "application/problem+json");
    setTimeout(() => response.end(status === 204 ? "" : JSON.stringify(value)), 40 + Math.random() * 80);
  };
  const problem = (status: number, title: string, detail: string, cure?: string) => send({ type: "about:blank", title, status, detail, cure }, status);
  const path = url.pathname;
  const at = (pattern: RegExp) => pattern.exec(path)?.slice(1);
  const open = () => queue(state, scenario).length;
  let found: string[] | undefined;

  if (scenario === "down" && !path.includes("sessions") && !path.endsWith("/projects")) {
    return problem(503, "Tandem is not ready", "MongoDB does not answer.", "Check that MongoDB runs; the service goes on as soon as it is back.");
  }
  if (path === "/api/v1/sessions" && method === "POST") {
    if (sent.login_token === "used" || sent.api_key === "wrong") return problem(401, "Not accepted", "The token is unknown, spent or expired.");
    state.loggedIn = true;
    return send({ person_id: "ada", name: "Ada", role: "admin", project_ids: null });
  }
  if (path === "/api/v1/sessions/current") {
    if (method === "DELETE") {
      state.loggedIn = false;
      return send(null, 204);
    }
    return state.loggedIn ? send({ person_id: "ada", name: "Ada", role: scenario === "viewer" ? "viewer" : "admin", project_ids: null }) : problem(401, "Not logged in", "There is no session.");
  }
  if (!state.loggedIn) return problem(401, "Not logged in", "The session has ended.");
  if (path === "/api/v1/projects") {
    return send({ items: [{ id: "p1", name: "Voices of customers" }, ...(scenario === "projects" ? [{ id: "p2", name: "Support" }] : [])], next: null });
  }
  if ((found = at(/^\/api\/v1\/projects\/([^/]+)\/jobs$/))) {
    return send({ items: jobs(state, scenario).filter(({ project_id }) => project_id === found?.[0]), next: null });
  }
  if ((found = at(/^\/api\/v1\/jobs\/([^/]+)$/))) {
    const one = jobs(state, scenario).find(({ id }) => id === found?.[0]);
    return one ? send(one) : problem(404, "Not found", "There is no such job.");
  }
  if ((found = at(/^\/api\/v1\/jobs\/([^/]+)\/(pause|resume|cancel)$/))) {
    const [id = "", change = ""] = found;
    state.changes.set(id, { pause: "paused", resume: "running", cancel: "cancelled" }[change] ?? "running");
    return send(jobs(state, scenario).find((one) => one.id === id));
  }
  if ((found = at(/^\/api\/v1\/jobs\/([^/]+)\/report$/))) {
    const [id = ""] = found;
    return send(report(id, jobs(state, scenario).find((one) => one.id === id)?.counts));
  }
  if (path === "/api/v1/comparisons") return send(comparison(url.searchParams.getAll("job")));
  if (path === "/api/v1/review-orders") {
    const jobs = method === "POST" ? (sent.jobs as string[]) : url.searchParams.getAll("job");
    if (method === "POST") state.orderedAt = Date.now();
    const order = state.orderedAt === null ? null : reviewOrder(jobs, Date.now() - state.orderedAt);
    return send(method === "POST" ? order : { items: order ? [order] : [] });
  }
  if (path === "/api/v1/comparisons/differences") return send(differences(url.searchParams.getAll("job"), Array.from({ length: 12 }, (_, seq) => record(seq * 3 + 1))));
  if ((found = at(/^\/api\/v1\/projects\/([^/]+)\/label-schemas/))) {
    if (method === "POST") return problem(422, "That is no label schema", "tasks[0].optons: a task of the kind single_choice has no such field.", "Did you mean options?");
    const named = [["mails", 2, "j5"], ["mails", 1, "j7"], ["sentiment", 1, "ls1"]] as const;
    return send({ items: named.map(([name, version, id]) => ({ id, project_id: "p1", name, version, created_at: new Date(Date.now() - version * 3e6).toISOString(), tasks: kindsOf[id] ?? [task] })), next: null });
  }
  if ((found = at(/^\/api\/v1\/label-schemas\/([^/]+)$/))) {
    const [id = ""] = found;
    return send({ id, name: id === "ls1" ? "sentiment" : "mails", version: 1, tasks: kindsOf[id] ?? [task] });
  }
  if ((found = at(/^\/api\/v1\/jobs\/(j[5-9]|j1[0-3])\/annotations(?:\/(\d+))?$/))) {
    const [id = "", seq] = found;
    const rows = Array.from({ length: kindsSize }, (_, index) => kindsAnnotation(id, index));
    return send(seq === undefined ? { items: rows, next: null } : { ...rows[Number(seq)], record: { record_id: `mail-${seq}`, fields: kindsItem(id, Number(seq)).fields, gold: { tone: "calm" } }, raw: "{…}", samples: [], calls: [], history: [] });
  }
  if ((found = at(/^\/api\/v1\/jobs\/[^/]+\/annotations\/(\d+)$/))) {
    const from = record(Number(found[0]));
    return send({ ...annotation(from), record: { record_id: from.record_id, fields: from.fields, gold: { sentiment: "neutral" } }, raw: '{"sentiment": "' + from.label + '"}', samples: [], calls: from.seq % 7 === 2 ? retried : [], history: [] });
  }
  if (path.endsWith("/annotations")) {
    const after = Number(url.searchParams.get("after") ?? -1);
    const rows: MockRecord[] = [];
    for (let seq = after + 1; rows.length < 50 && seq < size; seq++) {
      const one = record(seq);
      const outcome = url.searchParams.get("outcome");
      if (outcome && one.outcome !== outcome) continue;
      if (url.searchParams.get("needs_review") === "true" && !one.review) continue;
      rows.push(one);
    }
    return send({ items: rows.map(annotation), next: rows.at(-1)?.seq ?? null });
  }

  if (path === "/verification/v1/jobs") {
    return send({
      items: [
        { job_id: "j1", project_id: "p1", name: "", state: "running", open: 132, decided: 0, needs_review: 132 },
        { job_id: "j2", project_id: "p1", name: "", state: "completed", open: open(), decided: state.decided.size, needs_review: 40 },
        { job_id: "j4", project_id: "p1", name: "", state: "paused", open: 0, decided: 81, needs_review: 81 },
      ],
    });
  }
  if ((found = at(/^\/verification\/v1\/jobs\/([^/]+)\/reservations$/))) {
    const exclude = new Set(sent.exclude as string[]);
    const [id = ""] = found;
    if (kindsOf[id]) {
      const left = Array.from({ length: kindsSize }, (_, seq) => kindsItem(id, seq)).filter(({ item_id }) => !state.decided.has(item_id));
      return send({ items: left.filter(({ item_id }) => !exclude.has(item_id)).slice(0, Number(sent.limit)), open: left.length });
    }
    const items = queue(state, scenario)
      .map((from) => reviewItem(from, "j2"))
      .filter(({ item_id }) => !exclude.has(item_id));
    return send({ items: items.slice(0, Number(sent.limit)), open: open() });
  }
  if (path === "/verification/v1/history") {
    const jobId = url.searchParams.get("job_id") ?? "";
    const mine = [...state.decided].filter(([item_id]) => item_id.startsWith(`${jobId}:`)).reverse();
    return send({ items: mine.map(([item_id, { values, at, confirmed }]) => ({ item_id, record_id: item_id, undoable: true, fields: itemOf(item_id).fields, values, kind: confirmed ? "confirmed" : "corrected", decided_at: at })) });
  }
  if ((found = at(/^\/verification\/v1\/items\/([^/]+)\/(\w+)$/))) {
    const [encoded = "", action] = found;
    const id = decodeURIComponent(encoded);
    if (action === "decision") {
      if (scenario === "lost") return problem(409, "The reservation is lost", "Somebody else holds the item.", "Load it again.");
      if (scenario === "unsaved") return problem(503, "The decision was not stored", "MongoDB does not answer.", "Try again in a moment.");
      const confirmed = JSON.stringify(sent.values) === JSON.stringify(sent.shown_values);
      state.decided.set(id, { values: sent.values as Record<string, unknown>, at: new Date().toISOString(), confirmed });
      return send({ revision: 1, kind: confirmed ? "confirmed" : "corrected", open: open(), decided: state.decided.size });
    }
    if (action === "undo") {
      state.decided.delete(id);
      return send(itemOf(id));
    }
    if (action === "skip") state.skipped.push(id);
    return send({});
  }
  return problem(404, "Not found", `The mock knows no ${method} ${path}.`);
}
