import type { LabelOption } from "@/lib/api/types";

/** The key of each option by its value: its own where it has one, else the next free digit; none when those are used up. */
export function optionKeys(options: readonly LabelOption[]): ReadonlyMap<string, string> {
  const own = new Set(options.map(({ key }) => key));
  const free = ["1", "2", "3", "4", "5", "6", "7", "8", "9"].filter((digit) => !own.has(digit));
  const keys = new Map<string, string>();
  for (const option of options) {
    const key = option.key ?? free.shift();
    if (key !== undefined) keys.set(option.value, key);
  }
  return keys;
}

/** The option that a key picks. Shift is for the page's own keys, where a label uses the same letter. */
export function optionOfKey(options: readonly LabelOption[], event: KeyboardEvent): LabelOption | undefined {
  if (event.shiftKey) return undefined;
  const keys = optionKeys(options);
  return options.find((option) => keys.get(option.value) === event.key.toLowerCase());
}
