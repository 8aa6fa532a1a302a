import { beforeEach, describe, expect, test, vi } from "vitest";

import type { ReviewApi } from "@/features/review/review-api";
import { feedbackTime, ReviewSession, settleTime } from "@/features/review/review-session";
import { Problem } from "@/lib/api/problem";
import type { ReviewItem } from "@/lib/api/types";
import type { Values } from "@/domain/label-values";
import { reviewItem } from "@/testing/review-items";

/** A queue in memory that behaves like the service: fenced, and it gives back what is skipped or undone. */
class FakeQueue implements ReviewApi {
  readonly decided = new Map<string, Values>();
  readonly released: string[] = [];
  /** Thrown by the next decisions, one each. */
  failures: Problem[] = [];
  lost = new Set<string>();
  private held: (() => void)[] = [];
  slow = false;

  constructor(public waiting: ReviewItem[]) {}

  reserve = (_job: string, limit: number, exclude: string[]) => {
    const items = this.waiting.filter((item) => !exclude.includes(item.item_id)).slice(0, limit);
    return Promise.resolve({ items, open: this.waiting.length });
  };

  decide = async (shown: ReviewItem, values: Values) => {
    if (this.slow) await new Promise<void>((resolve) => this.held.push(resolve));
    const failure = this.failures.shift();
    if (failure) throw failure;
    this.decided.set(shown.item_id, values);
    this.waiting = this.waiting.filter((item) => item.item_id !== shown.item_id);
    return { open: this.waiting.length };
  };

  skip = (shown: ReviewItem) => {
    this.waiting = [...this.waiting.filter((item) => item.item_id !== shown.item_id), shown];
    return Promise.resolve();
  };

  renew = (item: ReviewItem) => (this.lost.has(item.item_id) ? Promise.reject(conflict()) : Promise.resolve());

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

class FakeClock {
  time = 1_000;
  private timers: { at: number; run: () => void }[] = [];
  now = () => this.time;
  after = (milliseconds: number, run: () => void) => {
    const timer = { at: this.time + milliseconds, run };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  };
  async pass(milliseconds: number) {
    this.time += milliseconds;
    const due = this.timers.filter(({ at }) => at <= this.time);
    this.timers = this.timers.filter(({ at }) => at > this.time);
    for (const { run } of due) run();
    await settled();
  }
}

const settled = async () => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};

let queue: FakeQueue;
let clock: FakeClock;
let session: ReviewSession;
const listener = { onProblem: vi.fn(), onNotice: vi.fn(), onSaved: vi.fn() };
const shown = () => session.snapshot().items[0]?.item_id;

async function open(items: ReviewItem[]) {
  queue = new FakeQueue(items);
  clock = new FakeClock();
  session = new ReviewSession("job", queue, listener, clock);
  session.open();
  await settled();
}

beforeEach(async () => {
  vi.clearAllMocks();
  await open([1, 2, 3, 4, 5].map((seq) => reviewItem(seq)));
});

describe("deciding", () => {
  test("the next two items are held before they are needed", () => {
    expect(session.snapshot().items.map((item) => item.seq)).toEqual([1, 2, 3]);
  });

  test("a decision goes to the item shown, and the next item follows after a moment", async () => {
    expect(session.decide("job:1", { sentiment: "negative" })).toBe(true);
    expect(session.snapshot()).toMatchObject({ phase: "leaving", chosen: { sentiment: "negative" } });
    await clock.pass(feedbackTime);
    expect(shown()).toBe("job:2");
    expect(queue.decided.get("job:1")).toEqual({ sentiment: "negative" });
    expect(session.snapshot().items).toHaveLength(3);
  });

  test("a decision meant for another item than the one shown is refused", () => {
    expect(session.decide("job:2", { sentiment: "positive" })).toBe(false);
    expect(queue.decided.size).toBe(0);
  });

  test("keys during the transition decide nothing", async () => {
    session.decide("job:1", { sentiment: "positive" });
    expect(session.decide("job:1", { sentiment: "negative" })).toBe(false);
    expect(session.decide("job:2", { sentiment: "negative" })).toBe(false);
    await clock.pass(feedbackTime);
    expect([...queue.decided]).toEqual([["job:1", { sentiment: "positive" }]]);
  });

  test("the next item appears although the last one is still being saved", async () => {
    queue.slow = true;
    session.decide("job:1", { sentiment: "positive" });
    await clock.pass(feedbackTime);
    expect(shown()).toBe("job:2");
    expect(session.snapshot().history[0]).toMatchObject({ itemId: "job:1", saving: true });
    queue.finishSlow();
    await settled();
    expect(session.snapshot().history[0]?.saving).toBe(false);
  });

  test("a decision is tried again when the service is away for a moment", async () => {
    queue.failures = [away(), away()];
    session.decide("job:1", { sentiment: "positive" });
    await settled();
    await clock.pass(500);
    await clock.pass(1_500);
    expect(queue.decided.has("job:1")).toBe(true);
    expect(listener.onProblem).not.toHaveBeenCalled();
  });

  test("what cannot be saved comes back as the next item, not under the person's fingers", async () => {
    queue.failures = [away(), away(), away()];
    session.decide("job:1", { sentiment: "positive" });
    await settled();
    await clock.pass(feedbackTime);
    await clock.pass(500);
    await clock.pass(1_500);
    expect(listener.onProblem).toHaveBeenCalledOnce();
    expect(session.snapshot().items.map((item) => item.seq).slice(0, 2)).toEqual([2, 1]);
    expect(session.snapshot()).toMatchObject({ decided: 0, history: [] });
  });

  test("a lost reservation is told, and the item comes back in its current version", async () => {
    await open([reviewItem(1)]);
    queue.failures = [conflict()];
    queue.waiting = [reviewItem(1, { attempt: 2, reservation: "newer" })];
    session.decide("job:1", { sentiment: "positive" });
    await settled();
    await clock.pass(feedbackTime);
    expect(listener.onNotice).toHaveBeenCalledOnce();
    expect(session.snapshot().items[0]).toMatchObject({ attempt: 2, reservation: "newer" });
  });

  test("after the last item the session is done", async () => {
    await open([reviewItem(1)]);
    session.decide("job:1", { sentiment: "positive" });
    await settled();
    await clock.pass(feedbackTime);
    expect(session.snapshot()).toMatchObject({ phase: "empty", open: 0, decided: 1 });
  });
});

describe("skipping and undoing", () => {
  test("a skipped item makes room for the next and comes back at the end", async () => {
    await open([reviewItem(1), reviewItem(2)]);
    session.skip("job:1");
    await settled();
    expect(shown()).toBe("job:2");
    session.decide("job:2", { sentiment: "positive" });
    await settled();
    await clock.pass(feedbackTime);
    expect(shown()).toBe("job:1");
  });

  test("undo shows the last item again, reserved anew", async () => {
    session.decide("job:1", { sentiment: "negative" });
    await settled();
    await clock.pass(feedbackTime);
    await session.undo();
    expect(session.snapshot().items[0]).toMatchObject({ item_id: "job:1", reservation: "again" });
    expect(session.snapshot()).toMatchObject({ phase: "ready", decided: 0, history: [] });
    expect(queue.decided.size).toBe(0);
  });

  test("undo waits for a decision that is still being saved", async () => {
    queue.slow = true;
    session.decide("job:1", { sentiment: "negative" });
    await clock.pass(feedbackTime);
    const undone = session.undo();
    expect(session.snapshot().phase).toBe("returning");
    expect(session.decide("job:2", { sentiment: "positive" })).toBe(false);
    queue.finishSlow();
    await undone;
    expect(shown()).toBe("job:1");
    expect(queue.decided.size).toBe(0);
  });

  test("undo works after everything is reviewed", async () => {
    await open([reviewItem(1)]);
    session.decide("job:1", { sentiment: "positive" });
    await settled();
    await clock.pass(feedbackTime);
    await session.undo();
    expect(session.snapshot()).toMatchObject({ phase: "ready" });
    expect(shown()).toBe("job:1");
  });
});

describe("holding", () => {
  test("when the item shown is lost, keys for it are let pass for a moment", async () => {
    queue.lost.add("job:1");
    queue.waiting = queue.waiting.filter((item) => item.item_id !== "job:1");
    await session.renew();
    await settled();
    expect(shown()).toBe("job:2");
    expect(listener.onNotice).toHaveBeenCalledOnce();
    expect(session.decide("job:2", { sentiment: "positive" })).toBe(false);
    await clock.pass(settleTime);
    expect(session.decide("job:2", { sentiment: "positive" })).toBe(true);
  });

  test("closing gives back what is held, but not what was decided", async () => {
    session.decide("job:1", { sentiment: "positive" });
    session.close();
    await settled();
    expect(queue.released).toEqual(["job:2", "job:3"]);
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
