/**
 * A log line as the UI holds it, and the turning of the API's nested result into a flat, sorted list.
 *
 * Source of the shapes: Loki's HTTP API, `query_range`, with the `categorize-labels` encoding flag.
 */
import { type Level, levelOf } from './levels';
import { compareNs, nsToMs } from './time';

export type Labels = Readonly<Record<string, string>>;
export type Direction = 'backward' | 'forward';

export interface LogLine {
  /** Unique within the page and rising in list order, so that it also tells which block a row is in. */
  readonly id: number;
  /** Unix ns as decimal text. */
  readonly ts: string;
  readonly ms: number;
  readonly text: string;
  readonly stream: Labels;
  readonly metadata: Labels;
  readonly parsed: Labels;
  readonly level: Level;
}

export interface Categories {
  readonly structuredMetadata?: Labels;
  readonly parsed?: Labels;
}

export interface StreamResult {
  readonly stream: Labels;
  readonly values: ReadonlyArray<readonly [string, string, Categories?]>;
}

const NONE: Labels = Object.freeze({});
let lastId = 0;

function toLine(stream: Labels, value: StreamResult['values'][number]): LogLine {
  const [ts, text, categories] = value;
  const metadata = categories?.structuredMetadata ?? NONE;
  const parsed = categories?.parsed ?? NONE;
  return {
    id: ++lastId, ts, ms: nsToMs(ts), text, stream, metadata, parsed, level: levelOf(stream, metadata, parsed),
  };
}

/** Every line of every stream in one list, ordered by time; equal times keep the server's order. */
export function flatten(streams: readonly StreamResult[], direction: Direction): LogLine[] {
  const sign = direction === 'backward' ? -1 : 1;
  return streams
    .flatMap((s) => s.values.map((value) => ({ stream: s.stream, value })))
    .sort((a, b) => sign * compareNs(a.value[0], b.value[0]))
    .map(({ stream, value }) => toLine(stream, value));
}

const identity = (line: LogLine): string => JSON.stringify([line.ts, line.text, line.stream]);

/**
 * The lines of `page` that `known` does not hold yet.
 *
 * The next page is asked for from the last known timestamp inclusive, because many lines may share it;
 * so its first lines repeat known ones. Each known line takes away one equal line, no more: two lines
 * that are truly identical both stay.
 */
export function withoutOverlap(known: readonly LogLine[], page: readonly LogLine[]): LogLine[] {
  const edge = known.at(-1)?.ts;
  if (edge === undefined) return [...page];
  const repeated = new Map<string, number>();
  for (let i = known.length - 1; i >= 0 && known[i]!.ts === edge; i--) {
    const key = identity(known[i]!);
    repeated.set(key, (repeated.get(key) ?? 0) + 1);
  }
  return page.filter((line) => {
    if (line.ts !== edge) return true;
    const left = repeated.get(identity(line)) ?? 0;
    if (left) repeated.set(identity(line), left - 1);
    return !left;
  });
}

/** The service column is worth its width only where the lines come from several. */
export function serviceCount(lines: readonly LogLine[]): number {
  return new Set(lines.map((line) => line.stream['service_name'] ?? '')).size;
}

/** A line as it is copied and downloaded: what the API gave, under its names. */
export function asJson(line: LogLine, indent = 0): string {
  const { ts: timestamp, text, stream, metadata: structuredMetadata, parsed } = line;
  return JSON.stringify({ timestamp, line: text, stream, structuredMetadata, parsed }, null, indent);
}
