/**
 * Places in one text by both ways of counting: the browser's UTF-16 units, and Unicode code points, by which spans are
 * stored. They differ behind the first emoji.
 */
export class TextOffsets {
  /** Unit at which each code point begins, and the end of the text; null where both countings agree. */
  readonly #units: Uint32Array | null;

  constructor(readonly text: string) {
    this.#units = /[\ud800-\udbff][\udc00-\udfff]/.test(text) ? starts(text) : null;
  }

  /** Of the text, in code points. */
  get length(): number {
    return this.#units ? this.#units.length - 1 : this.text.length;
  }

  /** The unit at which the code point begins; the nearest end for what lies outside of the text. */
  unitOf(point: number): number {
    if (!this.#units) return Math.min(Math.max(point, 0), this.text.length);
    return this.#units[Math.min(Math.max(point, 0), this.#units.length - 1)] ?? 0;
  }

  /** The code point that holds the unit. */
  pointOf(unit: number): number {
    const units = this.#units;
    if (!units) return Math.min(Math.max(unit, 0), this.text.length);
    let low = 0;
    let high = units.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((units[middle] ?? 0) <= unit) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

function starts(text: string): Uint32Array {
  const found: number[] = [];
  let unit = 0;
  for (const character of text) {
    found.push(unit);
    unit += character.length;
  }
  found.push(unit);
  return Uint32Array.from(found);
}
