/** Metric answers as the chart and the table need them: aligned columns, names, last values. */
import type { QueryData, Sample } from '../api/client';
import { formatLabels } from './format';
import type { Labels } from './lines';

export interface Series {
  readonly name: string;
  readonly metric: Labels;
  readonly values: ReadonlyArray<number | null>;
  readonly last: number;
  readonly min: number;
  readonly max: number;
}

export interface SeriesSet {
  /** Unix seconds. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  /** The one label that all series are told apart by, if it is one. */
  readonly by: string;
}

/** The only label of all series, else ''. */
function onlyLabel(metrics: readonly Labels[]): string {
  const names = new Set(metrics.flatMap((m) => Object.keys(m)));
  return names.size === 1 ? [...names][0]! : '';
}

function toSeries(metric: Labels, by: string, values: ReadonlyArray<number | null>): Series {
  const known = values.filter((v): v is number => v !== null);
  return {
    metric, values, name: by ? (metric[by] ?? '') || '""' : formatLabels(metric), last: known.at(-1) ?? NaN,
    min: known.reduce((a, b) => Math.min(a, b), Infinity), max: known.reduce((a, b) => Math.max(a, b), -Infinity),
  };
}

/**
 * A matrix on one time axis. Every step of the question is on it: where a series has no sample there
 * is a gap, not a line drawn across it.
 */
export function alignMatrix(data: QueryData, startMs: number, endMs: number, stepMs: number): SeriesSet {
  if (data.resultType !== 'matrix') return { times: [], series: [], by: '' };
  const grid = new Set<number>();
  for (let ms = startMs; ms <= endMs; ms += stepMs) grid.add(ms);
  for (const s of data.result) for (const [seconds] of s.values) grid.add(Math.round(seconds * 1000));
  const times = [...grid].sort((a, b) => a - b);
  const by = onlyLabel(data.result.map((s) => s.metric));
  const series = data.result.map((s) => {
    const samples = new Map(s.values.map(([seconds, value]: Sample) => [Math.round(seconds * 1000), Number(value)]));
    return toSeries(s.metric, by, times.map((ms) => samples.get(ms) ?? null));
  });
  return { times: times.map((ms) => ms / 1000), series, by };
}

export function vectorSeries(data: QueryData): SeriesSet {
  if (data.resultType !== 'vector') return { times: [], series: [], by: '' };
  const by = onlyLabel(data.result.map((s) => s.metric));
  const series = data.result.map((s) => toSeries(s.metric, by, [Number(s.value[1])]));
  return { times: [], series, by };
}
