/** What shows nothing where it stands, or changes how its neighbours are shown. */
interface Hidden {
  /** One character in its place, so that places in the text do not change. */
  mark: string;
  /** Its short name, as a sign. */
  sign: string;
  name: string;
}

const named: Record<string, Hidden> = {
  "\u00ad": { mark: "¬", sign: "SHY", name: "soft hyphen" },
  "\u061c": { mark: "⇠", sign: "ALM", name: "Arabic letter mark" },
  "\u180e": { mark: "¦", sign: "MVS", name: "Mongolian vowel separator" },
  "\u200b": { mark: "¦", sign: "ZWSP", name: "zero-width space" },
  "\u200e": { mark: "⇢", sign: "LRM", name: "left-to-right mark" },
  "\u200f": { mark: "⇠", sign: "RLM", name: "right-to-left mark" },
  "\u202a": { mark: "⇢", sign: "LRE", name: "left-to-right embedding" },
  "\u202b": { mark: "⇠", sign: "RLE", name: "right-to-left embedding" },
  "\u202c": { mark: "⇔", sign: "PDF", name: "end of a change of direction" },
  "\u202d": { mark: "⇢", sign: "LRO", name: "left-to-right override" },
  "\u202e": { mark: "⇠", sign: "RLO", name: "right-to-left override" },
  "\u2060": { mark: "¦", sign: "WJ", name: "word joiner" },
  "\u2061": { mark: "¦", sign: "FA", name: "function application" },
  "\u2062": { mark: "¦", sign: "IT", name: "invisible times" },
  "\u2063": { mark: "¦", sign: "IS", name: "invisible separator" },
  "\u2064": { mark: "¦", sign: "IP", name: "invisible plus" },
  "\u2066": { mark: "⇢", sign: "LRI", name: "left-to-right isolate" },
  "\u2067": { mark: "⇠", sign: "RLI", name: "right-to-left isolate" },
  "\u2068": { mark: "⇔", sign: "FSI", name: "isolate by its first letter" },
  "\u2069": { mark: "⇔", sign: "PDI", name: "end of an isolate" },
  "\ufeff": { mark: "¦", sign: "BOM", name: "byte order mark" },
};

/** A joiner belongs to emoji and to scripts that need it; between other characters it hides. */
const joiner = "(?<![\\p{Extended_Pictographic}\\p{EMod}\\ufe0f\\p{Script=Arabic}\\p{Script=Deva}\\p{Script=Beng}\\p{Script=Sinh}\\p{Script=Mlym}\\p{Script=Taml}\\p{Script=Telu}\\p{Script=Knda}\\p{Script=Khmr}\\p{M}])[\\u200c\\u200d]";
const hidden = new RegExp(`[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f${Object.keys(named).join("")}]|${joiner}`, "gu");

function tell(character: string): Hidden {
  const found = named[character];
  if (found) return found;
  const code = character.charCodeAt(0);
  const name = `character U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  if (code === 0x200c || code === 0x200d) return { mark: "¦", sign: code === 0x200d ? "ZWJ" : "ZWNJ", name: code === 0x200d ? "zero-width joiner" : "zero-width non-joiner" };
  if (code < 0x20) return { mark: String.fromCharCode(0x2400 + code), sign: String.fromCharCode(0x2400 + code), name };
  return code === 0x7f ? { mark: "␡", sign: "␡", name } : { mark: "�", sign: "�", name };
}

/**
 * The text with one sign in place of each character that is not seen: controls, marks and overrides of direction,
 * characters without width. As long as before, so that places in it stay where they are.
 */
export const visible = (text: string): string => text.replace(hidden, (character) => tell(character).mark);

/** A stretch of plain text, or a character that is not seen. */
export type Seen = { text: string } | { sign: string; name: string };

/** The text cut at the characters that are not seen. Most texts are one piece. */
export function seen(text: string): Seen[] {
  const pieces: Seen[] = [];
  let from = 0;
  for (const found of text.matchAll(hidden)) {
    if (found.index > from) pieces.push({ text: text.slice(from, found.index) });
    const { sign, name } = tell(found[0]);
    pieces.push({ sign, name });
    from = found.index + found[0].length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from) });
  return pieces;
}
