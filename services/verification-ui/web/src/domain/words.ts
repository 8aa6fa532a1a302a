/** A stretch of a text, in UTF-16 units. */
export interface Stretch {
  start: number;
  end: number;
}

const segmenter = new Intl.Segmenter(undefined, { granularity: "word" });
const blank = /^\s*$/u;
const onlyMarks = /^[\p{P}\s]*$/u;

/** The words of a text as its script has them: never a part of an emoji or of a letter with its accents. */
export class Words {
  /** All stretches between word boundaries that are not blank. */
  readonly #parts: Stretch[] = [];
  /** Where the keyboard stops: words, numbers, emoji; no punctuation. */
  readonly stops: Stretch[] = [];

  constructor(readonly text: string) {
    for (const { segment, index } of segmenter.segment(text)) {
      if (blank.test(segment)) continue;
      const part = { start: index, end: index + segment.length };
      this.#parts.push(part);
      if (!onlyMarks.test(segment)) this.stops.push(part);
    }
  }

  /** The stretch widened to whole words, without blanks at its ends; null when it holds nothing but blanks. */
  snap({ start, end }: Stretch): Stretch | null {
    const touched = this.#parts.filter((part) => part.start < end && part.end > start);
    const [first] = touched;
    const last = touched.at(-1);
    return first && last ? { start: first.start, end: last.end } : null;
  }

  /** The word that holds the place. */
  at(unit: number): Stretch | null {
    return this.stops.find((stop) => stop.start <= unit && unit < stop.end) ?? null;
  }

  /** The stop behind a place (`forward`), or before it; null when there is none. */
  next(unit: number, forward: boolean): Stretch | null {
    return (forward ? this.stops.find((stop) => stop.start >= unit) : this.stops.findLast((stop) => stop.end <= unit)) ?? null;
  }
}
