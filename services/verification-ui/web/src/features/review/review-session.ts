import { confirms } from "@/features/review/draft";
import type { ReviewApi } from "@/features/review/review-api";
import { browserClock, fromPast, type Clock, type Entry, type Listener, type Snapshot } from "@/features/review/review-state";
import { Problem } from "@/lib/api/problem";
import type { ReviewItem } from "@/lib/api/types";
import type { Values } from "@/domain/label-values";

/** Items held at a time: the one shown and the next two, so that the next appears at once. */
const held = 3;
/** How long what was chosen stays visible before the next item appears, in ms. */
export const feedbackTime = 160;
/** After the page itself changed what is shown, keys pressed for the former item are let pass, in ms. */
export const settleTime = 450;
const retryDelays = [500, 1_500];

/**
 * The items that one person holds on this page, and what happens to them.
 *
 * Each decision names the item it is meant for, and is refused when another one is shown. Decisions are optimistic:
 * the next item appears while the last is being saved; what could not be saved comes back as the next item, never
 * under the fingers of the person.
 */
export class ReviewSession {
  #state: Snapshot = { phase: "loading", items: [], chosen: null, history: [], open: null, decided: 0, problem: null };
  #subscribers = new Set<() => void>();
  #earlier = new Map<string, Values>();
  #saving = new Map<string, Promise<void>>();
  #filling = false;
  #closed = false;
  #settledAt = 0;
  #cancelTimers = new Set<() => void>();

  constructor(
    readonly jobId: string,
    private readonly api: ReviewApi,
    private readonly listener: Listener,
    private readonly clock: Clock = browserClock,
  ) {}

  readonly snapshot = (): Snapshot => this.#state;

  readonly subscribe = (callback: () => void): (() => void) => {
    this.#subscribers.add(callback);
    return () => this.#subscribers.delete(callback);
  };

  open(): void {
    this.#closed = false;
    void this.#fill();
    void this.#loadHistory();
  }

  /** Gives back what is held. Decisions on their way are still saved. */
  close(): void {
    this.#closed = true;
    for (const cancel of this.#cancelTimers) cancel();
    this.#cancelTimers.clear();
    const shown = this.#state.phase === "leaving" ? this.#state.items.slice(1) : this.#state.items;
    for (const item of shown) void this.api.release(item).catch(() => undefined); // it expires by itself
    this.#set({ items: [], phase: "loading", chosen: null });
  }

  /** Whether `itemId` is shown and takes a decision now. */
  accepts(itemId: string): boolean {
    return this.#state.phase === "ready" && this.#state.items[0]?.item_id === itemId && this.clock.now() >= this.#settledAt;
  }

  decide(itemId: string, values: Values): boolean {
    const [item] = this.#state.items;
    if (!item || !this.accepts(itemId)) return false;
    this.#earlier.delete(itemId);
    const entry: Entry = {
      itemId,
      recordId: item.record_id,
      values,
      confirmed: confirms(item, values),
      decidedAt: new Date().toISOString(),
      text: Object.values(item.fields)[0] ?? null,
      saving: true,
    };
    this.#set({
      phase: "leaving",
      chosen: values,
      history: [entry, ...this.#state.history.filter((older) => older.itemId !== itemId)],
      decided: this.#state.decided + 1,
      open: this.#state.open === null ? null : Math.max(0, this.#state.open - 1),
    });
    this.#track(itemId, this.#save(item, values));
    this.#leave();
    return true;
  }

  /** The person's own values of an item that came back, because they could not be saved or were taken back. */
  earlierValues(itemId: string): Values | undefined {
    return this.#earlier.get(itemId);
  }

  skip(itemId: string): boolean {
    const [item] = this.#state.items;
    if (!item || !this.accepts(itemId)) return false;
    this.#set({ phase: "leaving", chosen: null });
    this.#track(
      itemId,
      this.api.skip(item).then(
        () => undefined,
        () => undefined, // the reservation expires, and the item comes back to someone
      ),
    );
    this.#advance();
    return true;
  }

  /** Takes back a decision, the last one by default, and shows its item again. */
  async undo(itemId?: string): Promise<void> {
    const entry = itemId ? this.#state.history.find((candidate) => candidate.itemId === itemId) : this.#state.history[0];
    if (!entry || this.#state.phase === "returning" || this.#state.phase === "leaving") return;
    this.#set({ phase: "returning" });
    await this.#saving.get(entry.itemId);
    if (!this.#state.history.some((candidate) => candidate.itemId === entry.itemId)) {
      this.#show(this.#state.items); // it could not be saved, so it is among the items again
      return;
    }
    try {
      const item = await this.api.undo(entry.itemId);
      if (entry.values) this.#earlier.set(entry.itemId, entry.values);
      this.#set({
        history: this.#state.history.filter((candidate) => candidate.itemId !== entry.itemId),
        decided: Math.max(0, this.#state.decided - 1),
        open: this.#state.open === null ? null : this.#state.open + 1,
      });
      this.#show([item, ...this.#without(item.item_id)]);
      this.listener.onSaved();
    } catch (error) {
      this.#show(this.#state.items);
      this.listener.onProblem("The decision was not taken back", Problem.from(error), () => void this.undo(entry.itemId));
    }
  }

  /** Prolongs what is held; drops what is lost. */
  async renew(): Promise<void> {
    const items = this.#state.phase === "leaving" ? this.#state.items.slice(1) : this.#state.items;
    await Promise.all(
      items.map((item) =>
        this.api.renew(item).catch((error: unknown) => {
          if (Problem.from(error).status === 409) this.#lost(item);
        }),
      ),
    );
  }

  /** Looks for new items, e.g. while a job still runs. */
  refill(): void {
    if (this.#state.phase === "empty" || this.#state.phase === "failed") void this.#fill();
  }

  retry(): void {
    this.#set({ phase: "loading", problem: null });
    void this.#fill();
  }

  async #save(item: ReviewItem, values: Values): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        const { open } = await this.api.decide(item, values);
        const pending = this.#saving.size - 1; // others on their way are not counted yet by the server
        this.#set({
          open: Math.max(0, open - pending),
          history: this.#state.history.map((entry) => (entry.itemId === item.item_id ? { ...entry, saving: false } : entry)),
        });
        this.listener.onSaved();
        return;
      } catch (error) {
        const problem = Problem.from(error);
        const delay = problem.isTransient ? retryDelays[attempt] : undefined;
        if (delay === undefined) {
          this.#rollBack(item, values, problem);
          return;
        }
        await new Promise<void>((resolve) => this.clock.after(delay, resolve)); // deciding again is safe: same reservation
      }
    }
  }

  #rollBack(item: ReviewItem, values: Values, problem: Problem): void {
    const history = this.#state.history.filter((entry) => entry.itemId !== item.item_id);
    this.#set({ history, decided: Math.max(0, this.#state.decided - 1), open: this.#state.open === null ? null : this.#state.open + 1 });
    if (problem.status === 409) {
      this.listener.onNotice(
        `${item.record_id} was not saved`,
        "It changed or went to someone else while you looked at it. If it is still open, its current version comes back.",
      );
      void this.#fill();
      return;
    }
    this.listener.onProblem(`${item.record_id} was not saved`, problem);
    if (this.#closed) return;
    this.#earlier.set(item.item_id, values);
    const [shown, ...rest] = this.#state.items;
    if (shown && this.#state.phase !== "empty") {
      this.#set({ items: [shown, item, ...rest.filter((other) => other.item_id !== item.item_id)] });
    } else {
      this.#settle();
      this.#show([item]);
    }
  }

  #lost(item: ReviewItem): void {
    const wasShown = this.#state.items[0]?.item_id === item.item_id;
    const rest = this.#without(item.item_id);
    if (wasShown) {
      this.#settle();
      this.#show(rest);
      this.listener.onNotice(`${item.record_id} was taken away`, "Your reservation ran out, or a newer label arrived. If it is still open, it comes back.");
    } else {
      this.#set({ items: rest });
    }
    void this.#fill();
  }

  #leave(): void {
    this.#later(feedbackTime, () => this.#advance());
  }

  #advance(): void {
    this.#show(this.#state.items.slice(1));
    void this.#fill();
  }

  #show(items: readonly ReviewItem[]): void {
    this.#set({ items, chosen: null, phase: items.length > 0 ? "ready" : "loading", problem: null });
    if (items.length === 0) void this.#fill();
  }

  async #fill(): Promise<void> {
    const missing = held - this.#state.items.length;
    if (this.#filling || this.#closed || missing <= 0) return;
    this.#filling = true;
    try {
      const known = [...this.#state.items.map((item) => item.item_id), ...this.#saving.keys()];
      const { items, open } = await this.api.reserve(this.jobId, missing, known);
      if (this.#isClosed()) {
        for (const item of items) void this.api.release(item).catch(() => undefined);
        return;
      }
      const fresh = items.filter((item) => !this.#saving.has(item.item_id) && !this.#holds(item.item_id));
      const before = this.#state.phase;
      const all = [...this.#state.items, ...fresh];
      this.#set({ items: all, open: Math.max(0, open - this.#saving.size), problem: null });
      if (before === "empty" && all.length > 0) this.#settle();
      if (before === "loading" || before === "empty" || before === "failed") this.#set({ phase: all.length > 0 ? "ready" : "empty" });
    } catch (error) {
      // With items left to show, the next advance tries again.
      if (this.#state.items.length === 0) this.#set({ phase: "failed", problem: Problem.from(error) });
    } finally {
      this.#filling = false;
    }
  }

  async #loadHistory(): Promise<void> {
    try {
      const past = await this.api.history(this.jobId);
      const known = new Set(this.#state.history.map((entry) => entry.itemId));
      this.#set({ history: [...this.#state.history, ...past.filter((entry) => entry.undoable && !known.has(entry.item_id)).map(fromPast)] });
    } catch {
      // Earlier decisions are a convenience; those of this page are listed anyway.
    }
  }

  #track(itemId: string, work: Promise<void>): void {
    const tracked = work.finally(() => {
      this.#saving.delete(itemId);
      if (this.#state.phase === "empty") void this.#fill();
    });
    this.#saving.set(itemId, tracked);
  }

  #holds(itemId: string): boolean {
    return this.#state.items.some((item) => item.item_id === itemId);
  }

  #without(itemId: string): ReviewItem[] {
    return this.#state.items.filter((item) => item.item_id !== itemId);
  }

  #isClosed(): boolean {
    return this.#closed;
  }

  #settle(): void {
    this.#settledAt = this.clock.now() + settleTime;
  }

  #later(milliseconds: number, run: () => void): void {
    const cancel = this.clock.after(milliseconds, () => {
      this.#cancelTimers.delete(cancel);
      run();
    });
    this.#cancelTimers.add(cancel);
  }

  #set(change: Partial<Snapshot>): void {
    this.#state = { ...this.#state, ...change };
    for (const callback of this.#subscribers) callback();
  }
}
