import type { LabelOption, Suggestion } from "@/lib/api/types";

/** How many of the likeliest stand above the others. */
export const mostLikely = 3;

/** The likeliest options, the model's own label first, then by probability; in schema order where those are equal. */
export function likeliest(options: readonly LabelOption[], suggestion: Suggestion | undefined, most = mostLikely): LabelOption[] {
  const said = new Set([suggestion?.value].flat());
  const probabilities = suggestion?.probabilities ?? {};
  const weight = (option: LabelOption) => (said.has(option.value) ? 2 : 0) + (probabilities[option.value] ?? 0);
  return options
    .map((option, place) => ({ option, place, weight: weight(option) }))
    .filter((each) => each.weight > 0)
    .sort((one, other) => other.weight - one.weight || one.place - other.place)
    .slice(0, most)
    .map(({ option }) => option);
}

const plain = (text: string): string =>
  text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase();

/**
 * The options that match what somebody typed, the best first: those that begin with it, those of which a word begins
 * with it, those that hold it; then those whose letters come in its order (`crdpay` finds `card_payment`). Accents and
 * case do not count; names of labels and their aliases do. Equal ones stay in schema order.
 */
export function search(options: readonly LabelOption[], typed: string): LabelOption[] {
  const wanted = plain(typed.trim());
  if (wanted === "") return [...options];
  const found = options.flatMap((option, place) => {
    const best = Math.min(...[option.name, option.value, ...option.aliases].map((spelling) => distance(plain(spelling), wanted)));
    return best === Infinity ? [] : [{ option, place, best }];
  });
  const close = found.some(({ best }) => best < 3) ? found.filter(({ best }) => best < 3) : found;
  return close.sort((one, other) => one.best - other.best || one.place - other.place).map(({ option }) => option);
}

function distance(spelling: string, wanted: string): number {
  if (spelling.startsWith(wanted)) return 0;
  const at = spelling.indexOf(wanted);
  if (at > 0 && !/[\p{L}\p{N}]/u.test(spelling[at - 1] ?? "")) return 1;
  if (at > 0) return 2;
  let from = 0;
  for (const letter of wanted) {
    from = spelling.indexOf(letter, from) + 1;
    if (from === 0) return Infinity;
  }
  return 3;
}
