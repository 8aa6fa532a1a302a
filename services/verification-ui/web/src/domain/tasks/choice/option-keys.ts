import type { LabelOption } from "@/lib/api/types";
import { keyOf } from "@/lib/key-map";

const digits = Array.from("123456789");
const letters = Array.from("abcdefghijklmnopqrstuvwxyz");
/** With more labels than this nobody learns a letter for each: the likeliest have digits, the others are searched. */
const mostWithLetters = 35;

/** From this many labels on they stand in a list that is searched, with the model's likeliest on top. */
export const many = 10;

/**
 * The key of each option by its value, the same for every item: its own where it has one, else the next free digit,
 * then the next letter that no command has (`reserved`). None when those are used up.
 */
export function optionKeys(options: readonly LabelOption[], reserved: ReadonlySet<string> = new Set()): ReadonlyMap<string, string> {
  const own = new Set(options.map(({ key }) => key));
  const free = options.length > mostWithLetters ? [] : [...digits, ...letters].filter((key) => !own.has(key) && !reserved.has(key));
  const keys = new Map<string, string>();
  for (const option of options) {
    const key = option.key ?? free.shift();
    if (key !== undefined) keys.set(option.value, key);
  }
  return keys;
}

/** The keys of the likeliest options, by their place, where there are too many for a key of their own each. */
export const placeKeys = (options: readonly LabelOption[], keys: ReadonlyMap<string, string>): readonly string[] => {
  const used = new Set(keys.values());
  return options.length > mostWithLetters ? digits.filter((digit) => !used.has(digit)) : [];
};

/** The option that a key picks. With Shift a letter is the page's own, where a label uses it; digits do not change. */
export function optionOfKey(
  options: readonly LabelOption[],
  event: Pick<KeyboardEvent, "key" | "code" | "shiftKey">,
  keys: ReadonlyMap<string, string> = optionKeys(options),
): LabelOption | undefined {
  const key = keyOf(event);
  if (event.shiftKey && !/^\d$/.test(key)) return undefined;
  return options.find((option) => keys.get(option.value) === key);
}
