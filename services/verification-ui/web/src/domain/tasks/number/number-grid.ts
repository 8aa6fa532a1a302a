import type { NumberTask } from "@/lib/api/types";

/** The most numbers that are offered as buttons. */
const most = 11;

/** All numbers of a coarse grid, to pick from; null where there are too many. */
export function gridOf({ minimum, maximum, step }: NumberTask): number[] | null {
  if (step == null) return null;
  const steps = Math.floor((maximum - minimum) / step + 1e-6);
  return steps < most ? Array.from({ length: steps + 1 }, (_, index) => onGrid({ minimum, step }, index)) : null;
}

/** The number some steps further, within the bounds; from nowhere, the nearest end. */
export function stepped(task: NumberTask, from: number | undefined, steps: number): number {
  const { minimum, maximum } = task;
  const step = task.step ?? ((maximum - minimum) / 100 || 1);
  if (from === undefined) return steps > 0 ? minimum : maximum;
  const index = (from - minimum) / step;
  const next = steps > 0 ? Math.floor(index + 1e-6) + steps : Math.ceil(index - 1e-6) + steps;
  const last = Math.floor((maximum - minimum) / step + 1e-6);
  return onGrid({ minimum, step }, Math.min(Math.max(next, 0), last));
}

/** Signs that people type or paste for a minus: dashes, the minus of mathematics, small and full-width forms. */
const minus = /^[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]/u;

/** What somebody typed, with a point or a comma, and with any minus; null when it is no number. */
export function readNumber(text: string): number | null {
  const clean = text.trim().replace(/^([^.,]*),([^.,]*)$/, "$1.$2").replace(minus, "-");
  const number = Number(clean);
  return clean === "" || !Number.isFinite(number) ? null : number;
}

const decimals = (number: number): number => {
  const [, fraction = "", exponent = "0"] = /^-?\d+(?:\.(\d+))?(?:e(-?\d+))?$/.exec(String(number)) ?? [];
  return Math.max(0, fraction.length - Number(exponent));
};

/** Free of what floating point adds: 0.1 + 2 × 0.1 is 0.3. */
const onGrid = ({ minimum, step }: { minimum: number; step: number }, index: number): number =>
  Number((minimum + index * step).toFixed(Math.min(20, Math.max(decimals(minimum), decimals(step)))));
