const whole = new Intl.NumberFormat("en");
const compactRate = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

export const count = (value: number): string => whole.format(value);

/** `1 record`, `4,200 records`. */
export const counted = (value: number, one: string, many = `${one}s`): string => `${count(value)} ${value === 1 ? one : many}`;

/** Whole percent; never rounds up to 100 % or down to 0 % what is not quite there. */
export function percent(share: number, digits = 0): string {
  const scaled = share * 100;
  const step = 10 ** -digits;
  if (scaled > 0 && scaled < step / 2) return `<${step.toFixed(digits)}%`;
  if (scaled < 100 && scaled > 100 - step / 2) return `>${(100 - step).toFixed(digits)}%`;
  return `${scaled.toFixed(digits)}%`;
}

export const rate = (perSecond: number): string => (perSecond < 0.1 ? "<0.1/s" : `${compactRate.format(perSecond)}/s`);

/** A span of time as people say it: `8 s`, `2 min 5 s`, `3 h 10 min`. */
export function duration(seconds: number): string {
  const total = Math.max(0, Math.round(seconds));
  if (total < 60) return `${total} s`;
  const minutes = Math.floor(total / 60);
  if (minutes < 60) return minutes < 10 && total % 60 ? `${minutes} min ${total % 60} s` : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return hours % 24 ? `${days} d ${hours % 24} h` : `${days} d`;
}

/** `just now`, `5 min ago`, `3 h ago`, then the date. */
export function ago(time: string, now = Date.now()): string {
  const seconds = (now - Date.parse(time)) / 1000;
  if (Number.isNaN(seconds)) return "";
  if (seconds < 45) return "just now";
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`;
  return new Date(time).toLocaleDateString("en", { year: "numeric", month: "short", day: "numeric" });
}

export const dateTime = (time: string): string => new Date(time).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });

/** `connection` → `Connection`, `quota_exhausted` → `Quota exhausted`. */
export function words(code: string): string {
  const spaced = code.replaceAll("_", " ");
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
