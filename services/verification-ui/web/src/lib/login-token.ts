let token: string | null = null;

/** Moves the one-time token of a login link out of the address and the history into memory. */
export function takeLoginToken(): void {
  const address = new URL(window.location.href);
  const found = address.searchParams.get("token");
  if (address.pathname !== "/login" || !found) return;
  token = found;
  address.searchParams.delete("token");
  window.history.replaceState(null, "", address.pathname + address.search);
}

/** The token of the link that opened the page, once. */
export function spendLoginToken(): string | null {
  const spent = token;
  token = null;
  return spent;
}

export const hasLoginToken = (): boolean => token !== null;
