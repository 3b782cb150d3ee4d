/**
 * Time: what a user may write, what the server is asked, what is shown.
 *
 * Instants are Unix milliseconds (number) wherever a person's precision is enough, and nanoseconds as
 * decimal text where a line's own timestamp must survive unchanged (2^53 is too small for them).
 */

export type Zone = 'local' | 'utc';

/** As written by a person or kept in the address: `now-1h`, `2026-11-23 10:00`, RFC 3339, epoch. */
export interface TimeRange {
  readonly from: string;
  readonly to: string;
}

export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

export class TimeError extends Error {}

const UNITS: Readonly<Record<string, number>> = {
  ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000, y: 31_536_000_000,
};

export const QUICK_RANGES = ['5m', '15m', '30m', '1h', '3h', '6h', '12h', '24h', '2d', '7d', '14d', '30d'] as const;

/** `1h30m` in milliseconds. Throws TimeError for anything else, the empty text included. */
export function parseDuration(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdwy])/g)];
  if (!parts.length || parts.map((p) => p[0]).join('') !== text) throw new TimeError(`not a duration: ${text}`);
  return parts.reduce((sum, p) => sum + Number(p[1]) * (UNITS[p[2]!] ?? 0), 0);
}

/** The shortest exact writing of a duration: 5400000 is `1h30m`. */
export function formatDuration(ms: number): string {
  let rest = Math.round(ms);
  if (rest === 0) return '0s';
  let text = '';
  for (const unit of ['d', 'h', 'm', 's', 'ms']) {
    const size = UNITS[unit]!;
    const count = Math.floor(rest / size);
    if (count) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text;
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?(Z|[+-]\d{2}:?\d{2})?$/;

function parseDate(text: string, zone: Zone): number | null {
  const m = DATE.exec(text);
  if (!m) return null;
  const fields = [m[1], m[2], m[3], m[4] ?? 0, m[5] ?? 0, m[6] ?? 0].map(Number);
  const [year, month, day, hour, minute, second] = fields as [number, number, number, number, number, number];
  const ms = Math.floor(Number(`0.${m[7] ?? 0}`) * 1000);
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return null;
  if (day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return null;
  const utc = Date.UTC(year, month - 1, day, hour, minute, second, ms);
  if (m[8] === 'Z') return utc;
  if (m[8]) return utc - offsetMs(m[8]);
  return zone === 'utc' ? utc : new Date(year, month - 1, day, hour, minute, second, ms).getTime();
}

function offsetMs(text: string): number {
  const digits = text.replace(/\D/g, '');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2, 4));
  return (text[0] === '-' ? -1 : 1) * minutes * 60_000;
}

/** Unix ms of an instant as a person writes it. A date without an offset is read in `zone`. */
export function parseInstant(text: string, nowMs: number, zone: Zone): number {
  const clean = text.trim();
  if (clean === 'now') return nowMs;
  const relative = /^now\s*([-+])\s*(.+)$/.exec(clean);
  if (relative) return nowMs + (relative[1] === '-' ? -1 : 1) * parseDuration(relative[2]!);
  if (/^\d{10}$/.test(clean)) return Number(clean) * 1000;
  if (/^\d{13}$/.test(clean)) return Number(clean);
  if (/^\d{19}$/.test(clean)) return Number(clean.slice(0, 13));
  const date = parseDate(clean, zone);
  if (date === null) throw new TimeError(`not a time: ${clean || '(empty)'}`);
  return date;
}

/** Throws TimeError where an end is not a time or the range is empty. */
export function resolveRange(range: TimeRange, nowMs: number, zone: Zone): Span {
  const startMs = parseInstant(range.from, nowMs, zone);
  const endMs = parseInstant(range.to, nowMs, zone);
  if (startMs >= endMs) throw new TimeError('the range ends before it starts');
  return { startMs, endMs };
}

/** `1h` for now-1h to now, else null: the range then has no quick name. */
export function quickName(range: TimeRange): string | null {
  const m = /^now-(.+)$/.exec(range.from);
  return range.to === 'now' && m ? m[1]! : null;
}

export function quickRange(name: string): TimeRange {
  return { from: `now-${name}`, to: 'now' };
}

/** A range three times as wide around the same end, for "nothing found, look further". */
export function widerRange(range: TimeRange, span: Span): TimeRange {
  const width = span.endMs - span.startMs;
  if (range.to === 'now') {
    const next = QUICK_RANGES.find((name) => parseDuration(name) > width * 1.5);
    return quickRange(next ?? formatDuration(width * 3));
  }
  return absoluteRange({ startMs: span.startMs - width, endMs: span.endMs + width });
}

export function absoluteRange(span: Span): TimeRange {
  return { from: new Date(span.startMs).toISOString(), to: new Date(span.endMs).toISOString() };
}

const STEPS = [
  '1s', '2s', '5s', '10s', '15s', '30s', '1m', '2m', '5m', '10m', '15m', '30m', '1h', '2h', '3h', '6h', '12h', '1d',
].map(parseDuration);

/** The finest round step in ms that cuts the span in at most `buckets`. */
export function pickStep(spanMs: number, buckets: number): number {
  const wanted = spanMs / buckets;
  const day = UNITS['d']!;
  return STEPS.find((step) => step >= wanted) ?? Math.ceil(wanted / day) * day;
}

const pad = (n: number, width = 2): string => String(n).padStart(width, '0');

interface Parts { readonly date: string; readonly day: string; readonly clock: string; readonly ms: string }

function parts(ms: number, zone: Zone): Parts {
  const d = new Date(zone === 'utc' ? ms : ms - new Date(ms).getTimezoneOffset() * 60_000);
  const day = `${pad(d.getUTCMonth() + 1)}-${pad(d.getUTCDate())}`;
  return {
    date: `${d.getUTCFullYear()}-${day}`,
    day,
    clock: `${pad(d.getUTCHours())}:${pad(d.getUTCMinutes())}:${pad(d.getUTCSeconds())}`,
    ms: pad(d.getUTCMilliseconds(), 3),
  };
}

/** Log-row form: the clock with ms, and the day where the list spans more than one. */
export function formatRowTime(ms: number, zone: Zone, withDay: boolean): string {
  const p = parts(ms, zone);
  return withDay ? `${p.day} ${p.clock}.${p.ms}` : `${p.clock}.${p.ms}`;
}

/** Full date and clock to the second, as the range picker accepts it back. */
export function formatInstant(ms: number, zone: Zone): string {
  const p = parts(ms, zone);
  return `${p.date} ${p.clock}`;
}

/** A tick of a time axis whose ticks are `increment` seconds apart. */
export function formatTick(ms: number, increment: number, zone: Zone): string {
  const p = parts(ms, zone);
  if (increment >= 86_400 || p.clock === '00:00:00') return p.day;
  if (increment < 1) return `${p.clock.slice(6)}.${p.ms}`;
  return increment < 60 ? p.clock : p.clock.slice(0, 5);
}

/** RFC 3339 with all nine digits of the nanoseconds. */
export function formatNs(ns: string, zone: Zone): string {
  const ms = nsToMs(ns);
  const p = parts(ms, zone);
  const fraction = ns.padStart(19, '0').slice(-9);
  return `${p.date}T${p.clock}.${fraction}${zone === 'utc' ? 'Z' : offsetText(ms)}`;
}

function offsetText(ms: number): string {
  const minutes = -new Date(ms).getTimezoneOffset();
  const abs = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(abs / 60))}:${pad(abs % 60)}`;
}

export const nsToMs = (ns: string): number => Number(ns.slice(0, -6) || '0');
export const msToNs = (ms: number): string => `${Math.round(ms)}000000`;

/** Orders decimal ns texts without turning them into BigInt, for sorting many. */
export function compareNs(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
