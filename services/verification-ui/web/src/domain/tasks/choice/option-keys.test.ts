import { expect, test } from "vitest";

import { optionKeys, optionOfKey, placeKeys } from "@/domain/tasks/choice/option-keys";
import { option } from "@/testing/review-items";

const pressed = (key: string, more: KeyboardEventInit = {}) => new KeyboardEvent("keydown", { key, code: /\d/.test(key) ? `Digit${key}` : `Key${key.toUpperCase()}`, ...more });

test("labels have their own key, the others the digits that are left, in their order", () => {
  const options = [option("a"), option("b", { key: "1" }), option("c", { key: "x" }), option("d")];
  expect([...optionKeys(options)]).toEqual([["a", "2"], ["b", "1"], ["c", "x"], ["d", "3"]]);
});

test("from the tenth label on letters follow, but for those that are commands", () => {
  const options = Array.from({ length: 13 }, (_, index) => option(`label ${index}`));
  expect([...optionKeys(options, new Set(["a", "c"])).values()].join("")).toBe("123456789bdef");
});

test("of very many labels none gets a letter; the likeliest have digits by their place", () => {
  const options = Array.from({ length: 77 }, (_, index) => option(`label ${index}`, index === 5 ? { key: "1" } : {}));
  const keys = optionKeys(options);
  expect([...keys]).toEqual([["label 5", "1"]]);
  expect(placeKeys(options, keys).slice(0, 3)).toEqual(["2", "3", "4"]);
  expect(placeKeys(options.slice(0, 5), keys)).toEqual([]);
});

test("a letter picks its label, with Shift it is the page's; digits do not change by Shift", () => {
  const options = [option("sad", { key: "s" }), option("glad")];
  expect(optionOfKey(options, pressed("s"))?.value).toBe("sad");
  expect(optionOfKey(options, pressed("S", { code: "KeyS", shiftKey: true }))).toBeUndefined();
  expect(optionOfKey(options, pressed("ы", { code: "KeyS" }))?.value).toBe("sad");
  expect(optionOfKey(options, pressed("1"))?.value).toBe("glad");
  expect(optionOfKey(options, pressed("!", { code: "Digit1", shiftKey: true }))?.value).toBe("glad");
});
