import { expect, test } from "vitest";

import { hasLoginToken, spendLoginToken, takeLoginToken } from "@/lib/login-token";

test("the token of a login link leaves the address at once and is spent once", () => {
  window.history.replaceState(null, "", "/login?token=secret&next=%2Fjobs%2F1");
  takeLoginToken();
  expect(window.location.href).not.toContain("secret");
  expect(window.location.search).toBe("?next=%2Fjobs%2F1");
  expect(hasLoginToken()).toBe(true);
  expect(spendLoginToken()).toBe("secret");
  expect(spendLoginToken()).toBeNull();
});
