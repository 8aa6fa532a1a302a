import { expect, test } from "vitest";

import { idleAfter, WorkTime } from "@/domain/desk/work-time";

test("time between signs of work is active, a long silence is idle beyond its beginning", () => {
  const time = new WorkTime(0);
  time.begin(1_000);
  time.sign(3_000);
  time.sign(63_000);
  expect(time.end(64_500)).toEqual({ activeSeconds: (2_000 + idleAfter + 1_500) / 1000, idleSeconds: (60_000 - idleAfter) / 1000 });
});

test("a hidden page is idle, and each item begins anew", () => {
  const time = new WorkTime(0);
  time.begin(0);
  time.hide(true, 1_000);
  time.hide(false, 9_000);
  expect(time.end(10_000)).toEqual({ activeSeconds: 2, idleSeconds: 8 });
  time.begin(20_000);
  expect(time.end(20_250)).toEqual({ activeSeconds: 0.25, idleSeconds: 0 });
});
