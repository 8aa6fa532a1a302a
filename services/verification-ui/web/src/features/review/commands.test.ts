import { expect, test } from "vitest";

import { commandOf, defaultKeys, printed, readKeys, withKey } from "@/features/review/commands";

const stroke = (key: string, more: KeyboardEventInit = {}) => new KeyboardEvent("keydown", { key, ...more });
const none = new Set<string>();

test("keys are commands by place on layouts of other scripts, and by letter on Latin ones", () => {
  expect(commandOf(stroke("s"), defaultKeys, none)).toBe("skip");
  expect(commandOf(stroke("ы", { code: "KeyS" }), defaultKeys, none)).toBe("skip");
  expect(commandOf(stroke("z", { ctrlKey: true }), defaultKeys, none)).toBe("undo");
  expect(commandOf(stroke("s", { ctrlKey: true }), defaultKeys, none)).toBeNull();
  expect(commandOf(stroke("q"), defaultKeys, none)).toBeNull();
});

test("where a label has the key, the command goes with Shift, and says so", () => {
  const taken = new Set(["s"]);
  expect(commandOf(stroke("s"), defaultKeys, taken)).toBeNull();
  expect(commandOf(stroke("S", { shiftKey: true }), defaultKeys, taken)).toBe("skip");
  expect([printed("s", taken), printed("u", taken)]).toEqual(["⇧S", "U"]);
});

test("a key is given to one command alone: two commands change theirs", () => {
  expect(withKey(defaultKeys, "skip", "u")).toMatchObject({ skip: "u", undo: "s" });
  expect(withKey(defaultKeys, "skip", "1")).toBe(defaultKeys);
});

test("what was kept and makes no sense is left aside", () => {
  expect(readKeys({ skip: "x", nothing: "y", undo: 4 })).toEqual({ ...defaultKeys, skip: "x" });
  expect(readKeys({ skip: "u" })).toBe(defaultKeys);
  expect(readKeys("broken")).toBe(defaultKeys);
});
