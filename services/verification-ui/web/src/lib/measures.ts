const twoDigits = new Intl.NumberFormat("en", { maximumSignificantDigits: 2 });
const cents = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** How long one answer takes: `240 ms`, `1.3 s`, `75 s`. */
export const seconds = (value: number): string => (value < 1 ? `${twoDigits.format(value * 1000)} ms` : `${value < 10 ? value.toFixed(1) : Math.round(value)} s`);

/** An amount of US dollars: `$12.40`, `$0.0031`. */
export const money = (amount: number): string => (amount === 0 ? "$0" : amount < 0.01 ? `$${twoDigits.format(amount)}` : `$${cents.format(amount)}`);
