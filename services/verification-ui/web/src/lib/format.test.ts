import { expect, test } from "vitest";

import { ago, counted, duration, percent, rate, words } from "@/lib/format";

test("percent never claims all or nothing that is not so", () => {
  expect(percent(0)).toBe("0%");
  expect(percent(0.001)).toBe("<1%");
  expect(percent(0.527)).toBe("53%");
  expect(percent(0.9996)).toBe(">99%");
  expect(percent(1)).toBe("100%");
  expect(percent(0.51264, 1)).toBe("51.3%");
});

test("durations read as people say them", () => {
  expect(duration(8.4)).toBe("8 s");
  expect(duration(125)).toBe("2 min 5 s");
  expect(duration(1_500)).toBe("25 min");
  expect(duration(11_400)).toBe("3 h 10 min");
  expect(duration(90_000)).toBe("1 d 1 h");
});

test("counts, rates, codes and times are written out", () => {
  expect(counted(1, "record")).toBe("1 record");
  expect(counted(4_200, "record")).toBe("4,200 records");
  expect(rate(142.37)).toBe("142/s");
  expect(words("quota_exhausted")).toBe("Quota exhausted");
  expect(ago("2026-01-01T00:00:00Z", Date.parse("2026-01-01T00:05:00Z"))).toBe("5 min ago");
});
