import { expect, test } from "vitest";

import { optionKeys, optionOfKey } from "@/domain/tasks/choice/option-keys";
import { option } from "@/testing/review-items";

const pressed = (key: string, more: KeyboardEventInit = {}) => new KeyboardEvent("keydown", { key, ...more });

test("labels have their own key, the others the digits that are left, in their order", () => {
  const options = [option("a"), option("b", { key: "1" }), option("c", { key: "x" }), option("d")];
  expect([...optionKeys(options)]).toEqual([["a", "2"], ["b", "1"], ["c", "x"], ["d", "3"]]);
});

test("a tenth label without a key of its own has none", () => {
  const options = Array.from({ length: 11 }, (_, index) => option(`label ${index}`));
  expect(optionKeys(options).size).toBe(9);
});

test("a letter picks its label, with Shift it is the page's", () => {
  const options = [option("sad", { key: "s" }), option("glad")];
  expect(optionOfKey(options, pressed("s"))?.value).toBe("sad");
  expect(optionOfKey(options, pressed("S", { shiftKey: true }))).toBeUndefined();
  expect(optionOfKey(options, pressed("1"))?.value).toBe("glad");
});
