import { useSyncExternalStore } from "react";

export type ThemeChoice = "system" | "light" | "dark";

const key = "tandem.theme";
const listeners = new Set<() => void>();
const darkSystem = () => window.matchMedia("(prefers-color-scheme: dark)");

function stored(): ThemeChoice {
  try {
    const value = window.localStorage.getItem(key);
    return value === "light" || value === "dark" ? value : "system";
  } catch {
    return "system"; // storage is blocked: the choice lasts as long as the page
  }
}

let choice: ThemeChoice = typeof window === "undefined" ? "system" : stored();

function apply(): void {
  const dark = choice === "dark" || (choice === "system" && darkSystem().matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}

export function setTheme(next: ThemeChoice): void {
  choice = next;
  try {
    if (next === "system") window.localStorage.removeItem(key);
    else window.localStorage.setItem(key, next);
  } catch {
    // storage is blocked: nothing to keep
  }
  apply();
  for (const listener of listeners) listener();
}

/** Follows the system while no choice was made. Returns what stops following. */
export function followSystemTheme(): () => void {
  apply();
  const media = darkSystem();
  media.addEventListener("change", apply);
  return () => media.removeEventListener("change", apply);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useThemeChoice = (): ThemeChoice => useSyncExternalStore(subscribe, () => choice);
