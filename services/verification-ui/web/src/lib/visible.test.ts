import { expect, test } from "vitest";

import { seen, visible } from "@/lib/visible";

test("control characters are shown by signs, one for one; tabs, line ends and all else stay", () => {
  expect(visible("a\u001b[2J\u0000\u007f\u009b")).toBe("a␛[2J␀␡�");
  const plain = "größe\t1\r\n2 😀 \u2028 שלום عربي";
  expect(visible(plain)).toBe(plain);
});

test("what changes the direction or has no width is shown, as long as before", () => {
  const attack = "user\u202e nimda\u202c \u2066x\u2069 a\u200bb\ufeff p\u200dq";
  expect(visible(attack)).toBe("user⇠ nimda⇔ ⇢x⇔ a¦b¦ p¦q");
  expect(visible(attack)).toHaveLength(attack.length);
  expect(seen("user\u202e nimda")).toEqual([{ text: "user" }, { sign: "RLO", name: "right-to-left override" }, { text: " nimda" }]);
});

test("joiners stay where emoji, Persian and Hindi need them", () => {
  for (const text of ["👩‍🚀 👨‍👩‍👧 ❤️‍🔥 👩🏽‍🚀", "می‌خواهم", "क्‍ष"]) expect(visible(text)).toBe(text);
});
