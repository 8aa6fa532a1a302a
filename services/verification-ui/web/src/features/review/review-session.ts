import { confirms } from "@/domain/desk/draft";
import type { Kept } from "@/domain/outbox/kept";
import type { Outbox } from "@/domain/outbox/outbox";
import type { ReviewApi } from "@/features/review/review-api";
import { fromPast, type Entry, type Listener, type Snapshot } from "@/features/review/review-state";
import { browserClock, type Clock } from "@/lib/clock";
import { Problem } from "@/lib/api/problem";
import type { ReviewItem } from "@/lib/api/types";
import type { Values } from "@/domain/label-values";

/** Items held at a time at most: the one shown, and enough for a while without the service. */
export const mostHeld = 20;
/** Held of a short queue, so that others find something, too. */
const leastHeld = 3;
/** Items that one request may reserve. */
const perRequest = 10;
/** Decisions that can be taken back. */
export const mostUndone = 50;
/** After the page itself changed what is shown, keys pressed for the former item are let pass, in ms. */
export const settleTime = 450;
/** Ids that a request may exclude. */
const mostExcluded = 100;

const unremarked = { activeSeconds: 0, idleSeconds: 0, flags: [], comment: null };

/** How many items a person holds of a queue: at most a quarter of what is open. */
export const toHold = (open: number | null): number => (open === null ? leastHeld : Math.min(mostHeld, Math.max(leastHeld, Math.floor(open / 4))));

/**
 * The items that one person holds on this page, and what happens to them.
 *
 * Each decision names the item it is meant for, and is refused when another one is shown. What is decided goes to the
 * outbox, and the next item is shown at once: sending is the outbox's business.
 */
export class ReviewSession {
  #state: Snapshot = { phase: "loading", items: [], history: [], open: null, decided: 0, problem: null };
  readonly #subscribers = new Set<() => void>();
  readonly #earlier = new Map<string, Values>();
  /** Reservations that are used up: the queue may tell of them once more. */
  readonly #left = new Map<string, string>();
  #stopListening: () => void = () => undefined;
  #filling = false;
  #closed = false;
  #settledAt = 0;

  constructor(
    readonly jobId: string,
    private readonly api: ReviewApi,
    private readonly outbox: Outbox,
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
    this.#stopListening = this.outbox.listen({ onSent: (kept, open) => this.#sent(kept, open), onRefused: (kept) => this.#refused(kept) });
    void this.#fill();
    void this.#loadHistory();
  }

  /** Gives back what is held. What waits in the outbox is still sent. */
  close(): void {
    this.#closed = true;
    this.#stopListening();
    for (const item of this.#state.items) void this.api.release(item).catch(() => undefined); // it expires by itself
    this.#set({ items: [], phase: "loading" });
  }

  /** Whether `itemId` is shown and takes a decision now. */
  accepts(itemId: string): boolean {
    return this.#state.phase === "ready" && this.#state.items[0]?.item_id === itemId && this.clock.now() >= this.#settledAt;
  }

  decide(itemId: string, values: Values, more: Partial<Pick<Kept, "activeSeconds" | "idleSeconds" | "flags" | "comment">> = {}): boolean {
    const [item] = this.#state.items;
    if (!item || !this.accepts(itemId)) return false;
    const decidedAt = new Date().toISOString();
    const entry: Entry = {
      itemId,
      recordId: item.record_id,
      values,
      confirmed: confirms(item, values),
      decidedAt,
      text: Object.values(item.fields)[0] ?? null,
    };
    this.outbox.add({ jobId: this.jobId, kind: "decision", shown: item, values, decidedAt, ...unremarked, ...more });
    this.#leave(item, {
      history: [entry, ...this.#state.history.filter((older) => older.itemId !== itemId)].slice(0, mostUndone),
      decided: this.#state.decided + 1,
      open: this.#state.open === null ? null : Math.max(0, this.#state.open - 1),
    });
    return true;
  }

  skip(itemId: string): boolean {
    const [item] = this.#state.items;
    if (!item || !this.accepts(itemId)) return false;
    this.outbox.add({ jobId: this.jobId, kind: "skip", shown: item, values: {}, decidedAt: new Date().toISOString(), ...unremarked });
    this.#leave(item, {});
    return true;
  }

  /** The person's own values of an item that was taken back. */
  earlierValues(itemId: string): Values | undefined {
    return this.#earlier.get(itemId);
  }

  /** Takes back a decision, the last one by default, and shows its item again with the person's own values. */
  async undo(itemId?: string): Promise<boolean> {
    const entry = itemId ? this.#state.history.find((candidate) => candidate.itemId === itemId) : this.#state.history[0];
    if (!entry || this.#state.phase === "returning") return false;
    const kept = this.outbox.snapshot().waiting.find(({ kind, shown }) => kind === "decision" && shown.item_id === entry.itemId);
    if (kept && this.outbox.takeBack(kept.id)) {
      this.#shownAgain(entry, kept.shown);
      return true;
    }
    this.#set({ phase: "returning" });
    if (kept) await this.outbox.landed(kept.id);
    if (!this.#state.history.includes(entry)) {
      this.#show(this.#state.items); // the service refused it, so there is nothing to take back
      return false;
    }
    try {
      this.#shownAgain(entry, await this.api.undo(entry.itemId));
      this.listener.onSaved();
      return true;
    } catch (error) {
      this.#show(this.#state.items);
      this.listener.onProblem("The decision was not taken back", Problem.from(error), () => void this.undo(entry.itemId));
      return false;
    }
  }

  /** Prolongs what is held and what waits to be sent; drops what is lost. */
  async renew(): Promise<void> {
    const { waiting, link } = this.outbox.snapshot();
    if (link !== "up") return;
    for (const { shown } of waiting.slice(0, mostHeld)) void this.api.renew(shown).catch(() => undefined); // refused, it becomes a conflict
    await Promise.all(
      this.#state.items.map((item) =>
        this.api.renew(item).catch((error: unknown) => {
          if (Problem.from(error).status === 409) this.#lost(item);
        }),
      ),
    );
  }

  /** Looks for new items, e.g. while a job still runs, or when the service is back. */
  refill(): void {
    if (this.#state.phase !== "returning") void this.#fill();
  }

  retry(): void {
    this.#set({ phase: "loading", problem: null });
    void this.#fill();
  }

  #leave(item: ReviewItem, change: Partial<Snapshot>): void {
    this.#earlier.delete(item.item_id);
    this.#left.set(item.item_id, item.reservation);
    if (this.#left.size > 500) this.#left.delete(this.#left.keys().next().value ?? "");
    const items = this.#state.items.slice(1);
    this.#set({ ...change, items, phase: items.length > 0 ? "ready" : "loading", problem: null });
    void this.#fill();
  }

  #shownAgain(entry: Entry, item: ReviewItem): void {
    if (entry.values) this.#earlier.set(item.item_id, entry.values);
    this.#left.delete(item.item_id);
    this.#set({
      history: this.#state.history.filter((candidate) => candidate !== entry),
      decided: Math.max(0, this.#state.decided - 1),
      open: this.#state.open === null ? null : this.#state.open + 1,
    });
    this.#show([item, ...this.#without(item.item_id)]);
  }

  #sent(kept: Kept, open: number | null): void {
    if (kept.jobId !== this.jobId || kept.kind === "opinion") return;
    const waiting = this.#unsent();
    if (open !== null) this.#set({ open: Math.max(0, open - waiting) });
    if (kept.kind === "decision") this.listener.onSaved();
    if (this.#state.phase !== "ready") this.refill();
  }

  #refused(kept: Kept): void {
    if (kept.jobId !== this.jobId || kept.kind === "opinion") return;
    if (kept.kind === "skip") {
      this.outbox.giveUp(kept.id); // somebody else has it, or it is decided: skipped all the same
      return;
    }
    this.#set({
      history: this.#state.history.filter((entry) => entry.itemId !== kept.shown.item_id),
      decided: Math.max(0, this.#state.decided - 1),
    });
    this.listener.onNotice(`${kept.shown.record_id} was not saved`, `${kept.refused?.detail ?? ""} Your answer is kept: look at it under “not saved” above.`);
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

  #show(items: readonly ReviewItem[]): void {
    this.#set({ items, phase: items.length > 0 ? "ready" : "loading", problem: null });
    if (items.length === 0) void this.#fill();
  }

  async #fill(): Promise<void> {
    if (this.#filling || this.#closed) return;
    this.#filling = true;
    try {
      for (let missing = this.#missing(); missing > 0; missing = this.#missing()) {
        const limit = Math.min(missing, perRequest);
        const known = [...this.#state.items, ...this.outbox.snapshot().waiting.map(({ shown }) => shown)].map(({ item_id }) => item_id);
        const { items, open } = await this.api.reserve(this.jobId, limit, known.slice(0, mostExcluded));
        if (this.#isClosed()) {
          for (const item of items) void this.api.release(item).catch(() => undefined);
          return;
        }
        const added = this.#add(items, Math.max(0, open - this.#unsent()));
        if (added < limit) break; // the queue has no more
      }
    } catch (error) {
      // With items left to show, the next decision tries again.
      if (this.#state.items.length === 0) this.#set({ phase: "failed", problem: Problem.from(error) });
    } finally {
      this.#filling = false;
    }
  }

  /** How many items to reserve; waits until some are missing, so that not every decision asks for one. */
  #missing(): number {
    const wanted = toHold(this.#state.open);
    const missing = wanted - this.#state.items.length;
    return missing * 3 >= wanted ? missing : 0;
  }

  /** Returns how many of them are new. */
  #add(found: readonly ReviewItem[], open: number): number {
    const fresh = found.filter(({ item_id, reservation }) => this.#left.get(item_id) !== reservation && !this.#state.items.some((item) => item.item_id === item_id));
    const before = this.#state.phase;
    const items = [...this.#state.items, ...fresh];
    if (before === "empty" && items.length > 0) this.#settle();
    const waits = before === "loading" || before === "empty" || before === "failed";
    this.#set({ items, open, problem: null, ...(waits && { phase: items.length > 0 ? "ready" : "empty" }) });
    return fresh.length;
  }

  async #loadHistory(): Promise<void> {
    try {
      const past = await this.api.history(this.jobId);
      const known = new Set(this.#state.history.map((entry) => entry.itemId));
      const older = past.filter((entry) => entry.undoable && !known.has(entry.item_id)).map(fromPast);
      this.#set({ history: [...this.#state.history, ...older].slice(0, mostUndone) });
    } catch {
      // Earlier decisions are a convenience; those of this page are listed anyway.
    }
  }

  /** Decisions of this job that the service does not know yet. */
  #unsent(): number {
    return this.outbox.snapshot().waiting.filter(({ kind, jobId }) => kind === "decision" && jobId === this.jobId).length;
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

  #set(change: Partial<Snapshot>): void {
    this.#state = { ...this.#state, ...change };
    for (const callback of this.#subscribers) callback();
  }
}
