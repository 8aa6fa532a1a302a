import { beforeEach, describe, expect, test, vi } from "vitest";

import type { Values } from "@/domain/label-values";
import type { Kept } from "@/domain/outbox/kept";
import { Outbox } from "@/domain/outbox/outbox";
import { MemoryStore } from "@/domain/outbox/store";
import type { ReviewApi } from "@/features/review/review-api";
import { mostHeld, mostUndone, ReviewSession, settleTime, toHold } from "@/features/review/review-session";
import { FakeClock, settled } from "@/testing/clock";
import { Problem } from "@/lib/api/problem";
import type { ReviewItem } from "@/lib/api/types";
import { reviewItem } from "@/testing/review-items";

/** A queue in memory that behaves like the service: fenced, and it gives back what is skipped or undone. */
class FakeQueue implements ReviewApi {
  readonly decided = new Map<string, Values>();
  readonly released: string[] = [];
  /** Thrown by the next decisions, one each. */
  failures: Problem[] = [];
  reservations = 0;
  lost = new Set<string>();
  private held: (() => void)[] = [];
  slow = false;

  constructor(public waiting: ReviewItem[]) {}

  reserve = (_job: string, limit: number, exclude: string[]) => {
    this.reservations++;
    const items = this.waiting.filter((item) => !exclude.includes(item.item_id)).slice(0, limit);
    return Promise.resolve({ items, open: this.waiting.length });
  };

  send = async ({ kind, shown, values }: Kept) => {
    if (this.slow) await new Promise<void>((resolve) => this.held.push(resolve));
    const failure = this.failures.shift();
    if (failure) throw failure;
    this.waiting = this.waiting.filter((item) => item.item_id !== shown.item_id);
    if (kind === "skip") this.waiting.push({ ...shown, reservation: "after a skip" });
    else this.decided.set(shown.item_id, values);
    return this.waiting.length;
  };

  renew = (item: Pick<ReviewItem, "item_id">) => (this.lost.has(item.item_id) ? Promise.reject(conflict()) : Promise.resolve());

  release = (item: ReviewItem) => {
    this.released.push(item.item_id);
    return Promise.resolve();
  };

  undo = (itemId: string) => {
    this.decided.delete(itemId);
    const item = reviewItem(Number(itemId.split(":")[1]), { reservation: "again" });
    this.waiting = [item, ...this.waiting];
    return Promise.resolve(item);
  };

  history = () => Promise.resolve([]);

  finishSlow() {
    this.slow = false;
    for (const go of this.held.splice(0)) go();
  }
}

const conflict = () => new Problem({ status: 409, title: "Reservation lost" });
const away = () => new Problem({ status: 503, title: "Not ready" });

let queue: FakeQueue;
let clock: FakeClock;
let outbox: Outbox;
let session: ReviewSession;
const listener = { onProblem: vi.fn(), onNotice: vi.fn(), onSaved: vi.fn() };
const shown = () => session.snapshot().items[0]?.item_id;
const items = (count: number) => Array.from({ length: count }, (_, index) => reviewItem(index + 1));
const decide = (seq: number, value = "positive") => session.decide(`job:${seq}`, { sentiment: value });

async function open(waiting: ReviewItem[]) {
  queue = new FakeQueue(waiting);
  clock = new FakeClock();
  outbox = new Outbox("ada", new MemoryStore(), queue.send, clock);
  session = new ReviewSession("job", queue, outbox, listener, clock);
  session.open();
  await settled();
}

beforeEach(async () => {
  vi.clearAllMocks();
  await open(items(5));
});

describe("holding", () => {
  test("of a long queue twenty items are held, of a short one a quarter, so that others find something", async () => {
    expect([null, 0, 5, 40, 79, 80, 10_000].map(toHold)).toEqual([3, 3, 3, 10, 19, mostHeld, mostHeld]);
    expect(session.snapshot().items.map((item) => item.seq)).toEqual([1, 2, 3]);
    await open(items(200));
    expect(session.snapshot().items).toHaveLength(mostHeld);
  });

  test("items are asked for in time, and not after each decision", async () => {
    await open(items(400));
    const before = queue.reservations;
    for (let seq = 1; seq <= 60; seq++) {
      expect(decide(seq)).toBe(true);
      await settled();
    }
    expect(session.snapshot().items.length).toBeGreaterThanOrEqual(13);
    expect(queue.reservations - before).toBeLessThan(14);
  });

  test("when the item shown is lost, keys for it are let pass for a moment", async () => {
    queue.lost.add("job:1");
    queue.waiting = queue.waiting.filter((item) => item.item_id !== "job:1");
    await session.renew();
    await settled();
    expect(shown()).toBe("job:2");
    expect(listener.onNotice).toHaveBeenCalledOnce();
    expect(decide(2)).toBe(false);
    await clock.pass(settleTime);
    expect(decide(2)).toBe(true);
  });

  test("closing gives back what is held, and what was decided is sent all the same", async () => {
    queue.failures = [away()];
    decide(1);
    session.close();
    await settled();
    expect(queue.released).toEqual(["job:2", "job:3", "job:4"]);
    await clock.pass(1_000);
    expect(queue.decided.has("job:1")).toBe(true);
  });

  test("items that appear later are found when looked for", async () => {
    await open([]);
    expect(session.snapshot().phase).toBe("empty");
    queue.waiting = [reviewItem(9)];
    session.refill();
    await settled();
    expect(shown()).toBe("job:9");
  });
});

describe("deciding", () => {
  test("the next item is shown at once, and takes a decision at once", async () => {
    queue.slow = true;
    expect(decide(1, "negative")).toBe(true);
    expect(shown()).toBe("job:2");
    expect(decide(2)).toBe(true);
    expect(shown()).toBe("job:3");
    expect(queue.decided.size).toBe(0);
    queue.finishSlow();
    await settled();
    expect([...queue.decided]).toEqual([
      ["job:1", { sentiment: "negative" }],
      ["job:2", { sentiment: "positive" }],
    ]);
  });

  test("a decision meant for another item than the one shown is refused", () => {
    expect(decide(2)).toBe(false);
    decide(1);
    expect(decide(1, "negative")).toBe(false);
    expect(outbox.snapshot().waiting).toHaveLength(1);
  });

  test("without the service all that is held can be decided, and nothing comes back under the person's fingers", async () => {
    await open(items(200));
    queue.failures = Array.from({ length: 40 }, away);
    queue.reserve = () => Promise.reject(away());
    for (let seq = 1; seq <= 20; seq++) expect(decide(seq)).toBe(true);
    await settled();
    expect(session.snapshot()).toMatchObject({ phase: "failed", decided: 20 });
    expect(outbox.snapshot()).toMatchObject({ link: "away" });
    queue.failures = [];
    outbox.resume();
    await settled();
    expect(queue.decided.size).toBe(20);
    expect(listener.onProblem).not.toHaveBeenCalled();
  });

  test("what the service refuses is told and counted out; the item is not asked again as it was", async () => {
    queue.failures = [conflict()];
    decide(1);
    await settled();
    expect(listener.onNotice).toHaveBeenCalledOnce();
    expect(session.snapshot()).toMatchObject({ decided: 0, history: [] });
    expect(outbox.snapshot().refused).toHaveLength(1);
    expect(session.snapshot().items.map(({ item_id }) => item_id)).not.toContain("job:1");
  });

  test("after the last item the session is done", async () => {
    await open([reviewItem(1)]);
    decide(1);
    await settled();
    expect(session.snapshot()).toMatchObject({ phase: "empty", open: 0, decided: 1 });
  });

  test("the list of decisions does not grow for ever", async () => {
    await open(items(400));
    for (let seq = 1; seq <= 80; seq++) {
      decide(seq);
      await settled();
    }
    expect(session.snapshot().history).toHaveLength(mostUndone);
    expect(session.snapshot()).toMatchObject({ decided: 80, open: 320 });
  });
});

describe("skipping and undoing", () => {
  test("a skipped item makes room for the next and comes back at the end", async () => {
    await open([reviewItem(1), reviewItem(2)]);
    session.skip("job:1");
    await settled();
    expect(shown()).toBe("job:2");
    decide(2);
    await settled();
    expect(shown()).toBe("job:1");
  });

  test("a skip of what somebody else has by now is no conflict", async () => {
    queue.failures = [conflict()];
    session.skip("job:1");
    await settled();
    expect(outbox.snapshot()).toMatchObject({ refused: [], waiting: [] });
  });

  test("undo shows the last item again, reserved anew, with the person's own values", async () => {
    decide(1, "negative");
    await settled();
    await session.undo();
    expect(session.snapshot().items[0]).toMatchObject({ item_id: "job:1", reservation: "again" });
    expect(session.snapshot()).toMatchObject({ phase: "ready", decided: 0, history: [] });
    expect(session.earlierValues("job:1")).toEqual({ sentiment: "negative" });
    expect(queue.decided.size).toBe(0);
  });

  test("what is not sent is taken back without the service", async () => {
    queue.failures = [away()];
    decide(1, "negative");
    await settled();
    queue.undo = () => Promise.reject(new Error("not asked"));
    expect(await session.undo()).toBe(true);
    expect(shown()).toBe("job:1");
    expect(session.earlierValues("job:1")).toEqual({ sentiment: "negative" });
    outbox.resume();
    await settled();
    expect(queue.decided.size).toBe(0);
  });

  test("undo waits for a decision that is on its way", async () => {
    queue.slow = true;
    decide(1, "negative");
    await settled();
    const undone = session.undo();
    expect(session.snapshot().phase).toBe("returning");
    expect(decide(2)).toBe(false);
    queue.finishSlow();
    await undone;
    expect(shown()).toBe("job:1");
    expect(queue.decided.size).toBe(0);
  });

  test("undo works after everything is reviewed", async () => {
    await open([reviewItem(1)]);
    decide(1);
    await settled();
    await session.undo();
    expect(session.snapshot()).toMatchObject({ phase: "ready" });
    expect(shown()).toBe("job:1");
  });
});
