/** Numbers as people read them. */

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 5 });

export const formatCount = (n: number): string => grouped.format(n);

/** 1234567 as `1.2M`: for places with little room. */
export function formatShort(n: number): string {
  const abs = Math.abs(n);
  for (const [size, unit] of [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k']] as const) {
    if (abs >= size) return `${trim(n / size)}${unit}`;
  }
  return abs >= 100 || Number.isInteger(n) ? String(Math.round(n)) : trim(n);
}

const trim = (n: number): string => String(Number(n.toPrecision(3)));

/** A sample of a metric query; NaN and infinities keep their names. */
export function formatSample(value: number): string {
  return Number.isFinite(value) ? fine.format(value) : String(value).replace('Infinity', 'Inf');
}

export function formatBytes(n: number): string {
  for (const [size, unit] of [[2 ** 40, 'TiB'], [2 ** 30, 'GiB'], [2 ** 20, 'MiB'], [2 ** 10, 'KiB']] as const) {
    if (n >= size) return `${trim(n / size)} ${unit}`;
  }
  return `${n} B`;
}

/** `{a="b"}` for a legend; the label that all of a set share is the reader's to see elsewhere. */
export function formatLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `{${pairs.join(', ')}}`;
}
