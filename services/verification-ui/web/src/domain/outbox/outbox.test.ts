import "fake-indexeddb/auto";

import { beforeEach, describe, expect, test, vi } from "vitest";

import type { Kept } from "@/domain/outbox/kept";
import { Outbox } from "@/domain/outbox/outbox";
import { MemoryStore, openStore, type OutboxStore } from "@/domain/outbox/store";
import { FakeClock, settled } from "@/testing/clock";
import { Problem } from "@/lib/api/problem";
import { reviewItem } from "@/testing/review-items";

const entry = (seq: number, value = "positive") => ({
  jobId: "job",
  kind: "decision" as const,
  shown: reviewItem(seq),
  values: { sentiment: value },
  decidedAt: "2026-01-01T00:00:00Z",
  activeSeconds: 2,
  idleSeconds: 0,
  flags: [],
  comment: null,
});
const away = () => new Problem({ status: 0, title: "Tandem cannot be reached" });
const refusal = () => new Problem({ status: 409, title: "Conflict", detail: "Kim has already decided on this item.", type: "already-decided" });
const ended = () => new Problem({ status: 401, title: "You are not logged in" });

let sent: number[];
let failures: (Problem | null)[];
let clock: FakeClock;
let store: OutboxStore;

const send = (kept: Kept) => {
  const failure = failures.shift();
  if (failure) return Promise.reject(failure);
  sent.push(kept.shown.seq);
  return Promise.resolve(7);
};
const open = (personId = "ada") => new Outbox(personId, store, send, clock);
const seqs = (entries: readonly Kept[]) => entries.map(({ shown }) => shown.seq);

beforeEach(() => {
  sent = [];
  failures = [];
  clock = new FakeClock();
  store = new MemoryStore();
});

test("entries are kept before they are sent, and sent in their order, one at a time", async () => {
  let stored: () => void = () => undefined;
  const put = vi.spyOn(store, "put").mockImplementationOnce(() => new Promise((resolve) => (stored = resolve)));
  const outbox = open();
  for (const seq of [1, 2, 3]) outbox.add(entry(seq));
  await settled();
  expect(put).toHaveBeenCalledTimes(3);
  expect(sent).toEqual([]);
  expect(seqs(outbox.snapshot().waiting)).toEqual([1, 2, 3]);
  stored();
  await settled();
  expect(sent).toEqual([1, 2, 3]);
  expect(outbox.snapshot()).toMatchObject({ waiting: [], link: "up" });
  expect(await store.load("ada")).toEqual([]);
});

test("while the service is away nothing is lost, and everything is sent in order when it is back", async () => {
  const outbox = open();
  failures = [away(), away()];
  for (let seq = 1; seq <= 20; seq++) outbox.add(entry(seq));
  await settled();
  expect(outbox.snapshot().link).toBe("away");
  expect(outbox.snapshot().waiting).toHaveLength(20);
  await clock.pass(800);
  expect(sent).toEqual([]);
  await clock.pass(2_000);
  expect(sent).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  expect(outbox.snapshot()).toMatchObject({ link: "up", problem: null });
});

test("a page that is opened again sends what the former one left, before what is new", async () => {
  failures = [away()];
  const former = open();
  former.add(entry(1));
  former.add(entry(2));
  await settled();
  former.close();
  const outbox = open();
  const loaded = outbox.load();
  await loaded;
  outbox.add(entry(3));
  await settled();
  expect(sent).toEqual([1, 2, 3]);
});

test("nobody sends what another person decided in the same browser", async () => {
  failures = [away()];
  const former = open("ada");
  former.add(entry(1));
  await settled();
  former.close();
  const outbox = open("kim");
  await outbox.load();
  await settled();
  expect(sent).toEqual([]);
  expect(await store.load("ada")).toHaveLength(1);
});

test("when the session has ended everything waits until somebody logged in", async () => {
  failures = [ended()];
  const outbox = open();
  outbox.add(entry(1));
  await settled();
  outbox.add(entry(2));
  await clock.pass(60_000);
  expect(outbox.snapshot()).toMatchObject({ link: "loggedOut" });
  expect(sent).toEqual([]);
  outbox.resume();
  await settled();
  expect(sent).toEqual([1, 2]);
  expect(outbox.snapshot().link).toBe("up");
});

test("what the service refuses is kept as a conflict, and the next ones go on", async () => {
  failures = [null, refusal()];
  const outbox = open();
  const listener = { onSent: vi.fn(), onRefused: vi.fn() };
  outbox.listen(listener);
  for (const seq of [1, 2, 3]) outbox.add(entry(seq));
  await settled();
  expect(sent).toEqual([1, 3]);
  expect(listener.onSent).toHaveBeenCalledTimes(2);
  expect(listener.onRefused).toHaveBeenCalledOnce();
  const reopened = open();
  await reopened.load();
  expect(seqs(reopened.snapshot().refused)).toEqual([2]);
  const [conflict] = reopened.snapshot().refused;
  expect(conflict?.refused).toMatchObject({ type: "already-decided", detail: "Kim has already decided on this item." });
  reopened.giveUp(conflict?.id ?? "");
  await settled();
  expect(await store.load("ada")).toEqual([]);
});

describe("taking back", () => {
  test("what is not sent is taken back without the service", async () => {
    failures = [away()];
    const outbox = open();
    const first = outbox.add(entry(1));
    const second = outbox.add(entry(2));
    await settled();
    expect(outbox.takeBack(second.id)).toBe(true);
    outbox.resume();
    await settled();
    expect(sent).toEqual([1]);
    expect(outbox.takeBack(first.id)).toBe(false);
    expect(await store.load("ada")).toEqual([]);
  });

  test("what is on its way is not", async () => {
    let answer: () => void = () => undefined;
    const outbox = new Outbox("ada", store, () => new Promise((resolve) => (answer = () => resolve(null))), clock);
    const kept = outbox.add(entry(1));
    await settled();
    expect(outbox.takeBack(kept.id)).toBe(false);
    let landed = false;
    void outbox.landed(kept.id).then(() => (landed = true));
    await settled();
    expect(landed).toBe(false);
    answer();
    await settled();
    expect(landed).toBe(true);
  });
});

test("a full disk is said, and the decision is sent all the same", async () => {
  vi.spyOn(store, "put").mockRejectedValue(new Error("QuotaExceededError"));
  const outbox = open();
  outbox.add(entry(1));
  await settled();
  expect(sent).toEqual([1]);
  expect(outbox.snapshot().durable).toBe(false);
});

test("the browser's database keeps entries in their order, and drafts by person and item", async () => {
  const database = await openStore();
  expect(database.durable).toBe(true);
  const kept = (seq: number): Kept => ({ ...entry(seq), id: `id-${10 - seq}`, order: seq, personId: "ada", refused: null });
  for (const seq of [3, 1, 2]) await database.put(kept(seq));
  await database.put({ ...kept(4), personId: "kim" });
  expect(seqs(await database.load("ada"))).toEqual([1, 2, 3]);
  await database.remove("id-9");
  expect(seqs(await (await openStore()).load("ada"))).toEqual([2, 3]);
  await database.putDraft({ itemId: "job:1", personId: "ada", attempt: 1, values: { summary: "Half" }, at: Date.now() });
  expect((await database.draft("ada", "job:1"))?.values).toEqual({ summary: "Half" });
  expect(await database.draft("kim", "job:1")).toBeUndefined();
});
