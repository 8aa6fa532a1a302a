import { useSyncExternalStore } from "react";

/** A choice that stays in this browser; where it keeps nothing, for as long as the page. */
export interface Preference<Value> {
  get: () => Value;
  set: (value: Value) => void;
  subscribe: (callback: () => void) => () => void;
}

/** `read` makes the value of what was kept, whatever that is; null where nothing was. */
export function preference<Value>(name: string, read: (kept: unknown) => Value): Preference<Value> {
  const subscribers = new Set<() => void>();
  let value = read(stored(name));
  return {
    get: () => value,
    set: (next) => {
      value = next;
      try {
        window.localStorage.setItem(name, JSON.stringify(next));
      } catch {
        // storage is blocked: nothing to keep
      }
      for (const callback of subscribers) callback();
    },
    subscribe: (callback) => {
      subscribers.add(callback);
      return () => subscribers.delete(callback);
    },
  };
}

function stored(name: string): unknown {
  try {
    return JSON.parse(window.localStorage.getItem(name) ?? "null");
  } catch {
    return null;
  }
}

export const usePreference = <Value>({ subscribe, get }: Preference<Value>): Value => useSyncExternalStore(subscribe, get);
