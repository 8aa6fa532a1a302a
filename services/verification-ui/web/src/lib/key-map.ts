/** What of a key stroke the key map needs. */
export type Stroke = Pick<KeyboardEvent, "key" | "code">;

const printable = /^[\x21-\x7e]$/;

/**
 * The key of a stroke as it is printed on buttons: `s`, `1`, `Enter`.
 *
 * Latin letters count as they are typed, wherever their layout has them. Digits count by their place: `&` on a French
 * keyboard and `ě` on a Czech one are pressed where 1 and 2 are. Letters of other scripts count by their place, too:
 * `ы` on a Russian keyboard is pressed where `s` is. `?` and `/` keep their meaning wherever a layout has them.
 */
export function keyOf({ key, code }: Stroke): string {
  if (/^[a-z]$/i.test(key)) return key.toLowerCase();
  if (key === "?" || key === "/") return key;
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(code)?.[1];
  if (digit !== undefined && Array.from(key).length === 1) return digit;
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  if (letter !== undefined && !printable.test(key) && key !== "Dead" && Array.from(key).length === 1) return letter.toLowerCase();
  return code === "Slash" && !printable.test(key) ? "/" : key;
}

/** Whether the stroke belongs to an input method: browsers tell of some only by the key code 229. */
export const isComposing = (event: Pick<KeyboardEvent, "isComposing" | "keyCode">): boolean =>
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- Safari ends a composition before the Enter that ended it
  event.isComposing || event.keyCode === 229;
