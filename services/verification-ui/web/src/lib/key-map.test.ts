import { expect, test } from "vitest";

import { isComposing, keyOf } from "@/lib/key-map";

test.each([
  ["s", "KeyS", "s", "a Latin letter"],
  ["S", "KeyS", "s", "a Latin letter with Shift or CapsLock"],
  ["a", "KeyQ", "a", "a French letter as it is typed"],
  ["z", "KeyY", "z", "a German letter as it is typed"],
  ["ы", "KeyS", "s", "a Russian letter by its place"],
  ["Σ", "KeyS", "s", "a Greek letter by its place"],
  ["ש", "KeyA", "a", "a Hebrew letter by its place"],
  ["1", "Digit1", "1", "a digit"],
  ["&", "Digit1", "1", "the first digit of a French keyboard"],
  ["1", "Digit1", "1", "the same with Shift"],
  ["ě", "Digit2", "2", "the second digit of a Czech keyboard"],
  ["!", "Digit1", "1", "a digit with Shift"],
  ["7", "Numpad7", "7", "a digit of the number block"],
  ["Home", "Numpad7", "Home", "the number block without NumLock"],
  ["?", "Digit7", "?", "the question mark of a Russian keyboard"],
  ["/", "Digit7", "/", "the slash of a German keyboard"],
  ["Enter", "Enter", "Enter", "a named key"],
  ["Dead", "KeyE", "Dead", "a dead key"],
  ["Process", "KeyE", "Process", "a key of an input method"],
])("%s at %s is %s: %s", (key, code, expected) => {
  expect(keyOf({ key, code })).toBe(expected);
});

const stroke = (keyCode: number, composing = false) => new KeyboardEvent("keydown", { key: "Enter", keyCode, isComposing: composing });

test("an Enter with key code 229 belongs to the input method", () => {
  expect(isComposing(stroke(229))).toBe(true);
  expect(isComposing(stroke(13, true))).toBe(true);
  expect(isComposing(stroke(13))).toBe(false);
});
