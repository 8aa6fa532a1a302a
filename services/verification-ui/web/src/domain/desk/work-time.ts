/** Without a sign of work for this long, the time counts as idle, in ms. */
export const idleAfter = 15_000;

/**
 * Measures how long a person works on an item: the time between signs of work (keys, pointer, scrolling) counts as
 * active up to `idleAfter`, what goes beyond as idle, and so does the time in which the page is hidden.
 */
export class WorkTime {
  #active = 0;
  #idle = 0;
  #last: number;
  #hidden = false;

  constructor(now: number) {
    this.#last = now;
  }

  /** A new item is shown. */
  begin(now: number): void {
    this.#active = 0;
    this.#idle = 0;
    this.#last = now;
  }

  /** The person did something. */
  sign(now: number): void {
    const passed = Math.max(0, now - this.#last);
    const active = this.#hidden ? 0 : Math.min(passed, idleAfter);
    this.#active += active;
    this.#idle += passed - active;
    this.#last = now;
  }

  hide(hidden: boolean, now: number): void {
    this.sign(now);
    this.#hidden = hidden;
  }

  /** The time since the item appeared, in seconds to the millisecond. */
  end(now: number): { activeSeconds: number; idleSeconds: number } {
    this.sign(now);
    return { activeSeconds: Math.round(this.#active) / 1000, idleSeconds: Math.round(this.#idle) / 1000 };
  }
}
