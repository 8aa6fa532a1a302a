import type { Clock } from "@/lib/clock";

/** A clock that stands until it is told to pass time. */
export class FakeClock implements Clock {
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

/** Lets everything run that waits for nothing but its turn. */
export const settled = async () => {
  for (let turn = 0; turn < 200; turn++) await Promise.resolve();
};
