import { expect, test } from "vitest";

import { visible } from "@/lib/visible";

test("control characters are shown by signs, one for one; tabs, line ends and all else stay", () => {
  expect(visible("a\u001b[2J\u0000\u007f\u009b")).toBe("a␛[2J␀␡�");
  const plain = "größe\t1\r\n2 😀 \u2028 \u200d";
  expect(visible(plain)).toBe(plain);
});
