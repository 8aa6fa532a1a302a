import { keyOf } from "@/lib/key-map";
import { preference } from "@/lib/preference";

/** What keys of the page do, in the order of the list of keys. */
export const commands = {
  skip: "Skip; the record comes back at the end",
  flag: "Flag the record, with a comment",
  undo: "Undo the last decision",
  search: "Search the labels",
  guidelines: "Guidelines",
  ahead: "Look ahead without deciding",
  back: "Look back",
  help: "These keys",
} as const;

export type Command = keyof typeof commands;
export type KeyMap = Readonly<Record<Command, string>>;

export const defaultKeys: KeyMap = { skip: "s", flag: "f", undo: "u", search: "/", guidelines: "g", ahead: "j", back: "k", help: "?" };

const usable = /^[a-z?/\-+*#;]$/;

/** The keys as a person set them; a default where something else was kept, or two commands have one key. */
export function readKeys(kept: unknown): KeyMap {
  if (typeof kept !== "object" || kept === null) return defaultKeys;
  const keys = { ...defaultKeys, ...Object.fromEntries(Object.entries(kept).filter(([name, key]) => name in commands && typeof key === "string" && usable.test(key))) } as KeyMap;
  return new Set(Object.values(keys)).size === Object.keys(keys).length ? keys : defaultKeys;
}

export const keyPreference = preference("tandem.review.keys", readKeys);

/** Gives a command a key; what had it gets the command's former one. Unchanged when the key cannot be used. */
export function withKey(keys: KeyMap, command: Command, key: string): KeyMap {
  if (!usable.test(key)) return keys;
  const other = (Object.keys(keys) as Command[]).find((name) => keys[name] === key);
  return { ...keys, ...(other && { [other]: keys[command] }), [command]: key };
}

/** The command of a stroke. Where a label has the same key, the command goes with Shift. */
export function commandOf(event: KeyboardEvent, keys: KeyMap, taken: ReadonlySet<string>): Command | null {
  const command = event.ctrlKey || event.metaKey;
  const key = keyOf(event);
  if (command && !event.altKey) return key === "z" && !event.shiftKey ? "undo" : null;
  if (event.altKey || (taken.has(key) && !event.shiftKey)) return null;
  return (Object.keys(keys) as Command[]).find((name) => keys[name] === key) ?? null;
}

/** The key of a command as it is printed on its button. */
export const printed = (key: string, taken: ReadonlySet<string>): string => `${taken.has(key) ? "⇧" : ""}${key.toUpperCase()}`;
