import type { Kept } from "@/domain/outbox/kept";
import type { OutboxStore } from "@/domain/outbox/store";
import { browserClock, type Clock } from "@/lib/clock";
import { Problem } from "@/lib/api/problem";

export type Link =
  /** Nothing is known to be wrong. */
  | "up"
  /** The service does not answer; sending is tried again by itself. */
  | "away"
  /** The session has ended; `resume` goes on once somebody logged in. */
  | "loggedOut";

export interface OutboxState {
  /** Not sent yet, the oldest first. */
  waiting: readonly Kept[];
  /** Refused by the service: a person has to look at them. */
  refused: readonly Kept[];
  link: Link;
  /** What the service, or the network, said last; null while the link is up. */
  problem: Problem | null;
  /** Whether what waits outlives the page. */
  durable: boolean;
}

/** What becomes of entries. */
export interface OutboxListener {
  onSent(kept: Kept, open: number | null): void;
  onRefused(kept: Kept): void;
}

/** Sends one entry; tells how many items are open, where the service says so. */
export type Send = (kept: Kept) => Promise<number | null>;

const firstDelay = 500;
const longestDelay = 15_000;

/**
 * What a person did, kept in the browser before it is sent, and sent in its order, one at a time.
 *
 * An entry leaves the store when the service has it, or when the person gave it up. The service knows an entry that
 * comes twice by its reservation, so every entry may be sent again.
 */
export class Outbox {
  #state: OutboxState;
  readonly #subscribers = new Set<() => void>();
  readonly #listeners = new Set<OutboxListener>();
  readonly #stored = new Map<string, Promise<void>>();
  #flying: { id: string; landed: Promise<void> } | null = null;
  #pumping = false;
  #failures = 0;
  #cancelRetry: (() => void) | null = null;
  #last = 0;
  #closed = false;

  constructor(
    readonly personId: string,
    private readonly store: OutboxStore,
    private readonly send: Send,
    private readonly clock: Clock = browserClock,
  ) {
    this.#state = { waiting: [], refused: [], link: "up", problem: null, durable: store.durable };
  }

  readonly snapshot = (): OutboxState => this.#state;

  readonly subscribe = (callback: () => void): (() => void) => {
    this.#subscribers.add(callback);
    return () => this.#subscribers.delete(callback);
  };

  listen(listener: OutboxListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes up what an earlier page left. */
  async load(): Promise<void> {
    try {
      const found = await this.store.load(this.personId);
      const known = new Set([...this.#state.waiting, ...this.#state.refused].map(({ id }) => id));
      const left = found.filter(({ id }) => !known.has(id));
      this.#last = Math.max(this.#last, ...left.map(({ order }) => order));
      this.#set({
        waiting: [...left.filter(({ refused }) => !refused), ...this.#state.waiting],
        refused: [...left.filter(({ refused }) => refused), ...this.#state.refused],
      });
    } catch {
      this.#set({ durable: false });
    }
    this.#pump();
  }

  /** Keeps what was done, and sends it when its turn has come. */
  add(entry: Omit<Kept, "id" | "order" | "personId" | "refused">): Kept {
    this.#last = Math.max(Date.now(), this.#last + 1);
    const kept: Kept = { ...entry, id: crypto.randomUUID(), order: this.#last, personId: this.personId, refused: null };
    this.#stored.set(
      kept.id,
      this.store.put(kept).catch(() => this.#set({ durable: false })),
    );
    this.#set({ waiting: [...this.#state.waiting, kept] });
    this.#pump();
    return kept;
  }

  /** Takes back what is not sent. False when it is on its way, or sent. */
  takeBack(id: string): boolean {
    if (this.#flying?.id === id || !this.#state.waiting.some((kept) => kept.id === id)) return false;
    this.#set({ waiting: this.#state.waiting.filter((kept) => kept.id !== id) });
    this.#forget(id);
    return true;
  }

  /** Resolves when the entry is not on its way any more: sent, refused, or waiting for the service. */
  async landed(id: string): Promise<void> {
    if (this.#flying?.id === id) await this.#flying.landed;
  }

  /** Gives up an entry that the service refused. */
  giveUp(id: string): void {
    this.#set({ refused: this.#state.refused.filter((kept) => kept.id !== id) });
    this.#forget(id);
  }

  /** Tries again now: somebody logged in, or the network is back. */
  resume(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    if (this.#state.link === "loggedOut") this.#set({ link: "up", problem: null });
    this.#pump();
  }

  /** Told by other requests of the page that the session has ended. */
  loggedOut(problem: Problem): void {
    this.#set({ link: "loggedOut", problem });
  }

  /** Sends nothing any more: another person logged in, or the page closes. */
  close(): void {
    this.#closed = true;
    this.#cancelRetry?.();
    this.#cancelRetry = null;
  }

  #pump(): void {
    if (this.#closed || this.#pumping || this.#cancelRetry || this.#state.link === "loggedOut") return;
    this.#pumping = true;
    void this.#run().finally(() => {
      this.#pumping = false;
      // Something came between the last look and the end.
      if (this.#state.waiting.length > 0) this.#pump();
    });
  }

  async #run(): Promise<void> {
    for (let next = this.#state.waiting[0]; next && !this.#closed; next = this.#state.waiting[0]) {
      const { id } = next;
      await this.#stored.get(id); // in the browser first
      this.#stored.delete(id);
      if (!this.#state.waiting.some((kept) => kept.id === id)) continue; // taken back meanwhile
      let land: () => void = () => undefined;
      this.#flying = { id, landed: new Promise((resolve) => (land = resolve)) };
      const goesOn = await this.#sendOne(next);
      this.#flying = null;
      land();
      if (!goesOn) return;
    }
  }

  /** Sends one entry. False when the others have to wait. */
  async #sendOne(kept: Kept): Promise<boolean> {
    try {
      const open = await this.send(kept);
      await this.store.remove(kept.id).catch(() => undefined); // sent again after a reload, which changes nothing
      this.#failures = 0;
      this.#set({ waiting: this.#without(kept.id), link: "up", problem: null });
      for (const listener of this.#listeners) listener.onSent(kept, open);
      return true;
    } catch (error) {
      const problem = Problem.from(error);
      if (problem.status === 401) {
        this.#set({ link: "loggedOut", problem });
        return false;
      }
      if (problem.isTransient || problem.status < 0) {
        this.#set({ link: "away", problem });
        this.#retryLater();
        return false;
      }
      const { status, type, title, detail } = problem;
      const refused: Kept = { ...kept, refused: { status, type, title, detail } };
      await this.store.put(refused).catch(() => this.#set({ durable: false }));
      this.#failures = 0;
      this.#set({ waiting: this.#without(kept.id), refused: [...this.#state.refused, refused], link: "up", problem: null });
      for (const listener of this.#listeners) listener.onRefused(refused);
      return true;
    }
  }

  #retryLater(): void {
    const delay = Math.min(longestDelay, firstDelay * 2 ** this.#failures) * (0.75 + Math.random() / 2);
    this.#failures = Math.min(this.#failures + 1, 10);
    this.#cancelRetry = this.clock.after(delay, () => {
      this.#cancelRetry = null;
      this.#pump();
    });
  }

  #without(id: string): Kept[] {
    return this.#state.waiting.filter((kept) => kept.id !== id);
  }

  #forget(id: string): void {
    const stored = this.#stored.get(id) ?? Promise.resolve();
    this.#stored.delete(id);
    void stored.then(() => this.store.remove(id)).catch(() => undefined);
  }

  #set(change: Partial<OutboxState>): void {
    this.#state = { ...this.#state, ...change };
    for (const callback of this.#subscribers) callback();
  }
}
