/** The histogram's numbers: lines a bucket and level, every bucket present, zero where nothing came. */
import { ApiError, type QueryData } from '../api/client';
import { LEVELS, type Level, normalizeLevel } from '../model/levels';

export interface Volume {
  /** Start of each bucket, Unix ms. */
  readonly times: readonly number[];
  readonly stepMs: number;
  readonly counts: Readonly<Partial<Record<Level, readonly number[]>>>;
  readonly totals: Readonly<Partial<Record<Level, number>>>;
  readonly total: number;
}

export function toVolume(data: QueryData, startMs: number, endMs: number, stepMs: number): Volume {
  if (data.resultType !== 'matrix') throw new ApiError(`expected a matrix, got ${data.resultType}`, 0);
  const size = Math.max(1, Math.round((endMs - startMs) / stepMs));
  const counts: Partial<Record<Level, number[]>> = {};
  for (const series of data.result) {
    const level = normalizeLevel(series.metric['detected_level'] ?? series.metric['level']);
    const row = (counts[level] ??= new Array<number>(size).fill(0));
    for (const [seconds, value] of series.values) {
      const at = Math.round((seconds * 1000 - startMs) / stepMs) - 1;
      if (at >= 0 && at < size) row[at]! += Number(value);
    }
  }
  const totals: Partial<Record<Level, number>> = {};
  for (const level of LEVELS) if (counts[level]) totals[level] = counts[level].reduce((sum, n) => sum + n, 0);
  const total = Object.values(totals).reduce((sum, n) => sum + n, 0);
  const times = Array.from({ length: size }, (_, i) => startMs + i * stepMs);
  return { times, stepMs, counts, totals, total };
}
