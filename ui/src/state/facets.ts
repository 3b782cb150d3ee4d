/**
 * The labels panel's data: label names, and values with counts for the labels that are open.
 *
 * `detected_level` is counted like a label but filtered in the pipeline, where it lives.
 */
import { type Api, type ApiError, toApiError } from '../api/client';
import { canFail, kindOf, withoutComments } from '../model/logql';
import { type Place, logPart, withoutFacet } from '../model/logql-edit';
import { formatDuration, msToNs } from '../model/time';
import type { ExploreState } from './explore';
import { Store } from './store';

export interface FacetValue {
  readonly value: string;
  readonly count: number | null;
}

export interface FacetData {
  readonly values: readonly FacetValue[];
  readonly loading: boolean;
  readonly error: ApiError | null;
  /** Why values have no counts, where they have none. */
  readonly uncounted: string;
}

interface FacetsState {
  readonly names: readonly string[];
  readonly open: ReadonlySet<string>;
  readonly data: Readonly<Record<string, FacetData>>;
  readonly error: ApiError | null;
}

/** A label may have a million values; a picker shows the most frequent. */
export const MOST = 100;

export const LEVEL = 'detected_level';
const FIRST = [LEVEL, 'service_name', 'namespace', 'pod', 'container', 'host'];

export const placeOf = (name: string): Place => (name === LEVEL ? 'pipeline' : 'stream');

const order = (name: string): number => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);

export class Facets extends Store<FacetsState> {
  private abort = new AbortController();

  constructor(private readonly api: Api) {
    super({ names: [], open: new Set([LEVEL, 'service_name']), data: {}, error: null });
  }

  /** Fetch again for a question that has just been asked. */
  async refresh(asked: ExploreState): Promise<void> {
    this.abort.abort();
    this.abort = new AbortController();
    const { signal } = this.abort;
    try {
      const { startMs, endMs } = asked.span;
      const names = await this.api.labels(msToNs(startMs), msToNs(endMs), signal);
      const sorted = [...new Set([LEVEL, ...names])].sort((a, b) => order(a) - order(b) || a.localeCompare(b));
      this.set({ names: sorted, error: null });
    } catch (error) {
      if (!signal.aborted) this.set({ error: toApiError(error) });
      return;
    }
    await Promise.all([...this.value.open].map((name) => this.load(name, asked, signal)));
  }

  toggle(name: string, asked: ExploreState): void {
    const open = new Set(this.value.open);
    if (!open.delete(name)) {
      open.add(name);
      void this.load(name, asked, this.abort.signal);
    }
    this.set({ open });
  }

  private patch(name: string, change: Partial<FacetData>): void {
    const before = this.value.data[name] ?? { values: [], loading: false, error: null, uncounted: '' };
    this.set({ data: { ...this.value.data, [name]: { ...before, ...change } } });
  }

  private async load(name: string, asked: ExploreState, signal: AbortSignal): Promise<void> {
    this.patch(name, { loading: true });
    try {
      const values = await this.counted(name, asked, signal);
      if (!signal.aborted) this.patch(name, { values, loading: false, error: null, uncounted: '' });
    } catch (error) {
      if (!signal.aborted) await this.loadPlain(name, asked, signal, toApiError(error));
    }
  }

  /** Counts need a query that runs; values alone do not, and a picker must work while the query is wrong. */
  private async loadPlain(name: string, asked: ExploreState, signal: AbortSignal, reason: ApiError): Promise<void> {
    try {
      const { startMs, endMs } = asked.span;
      const found = await this.api.labelValues(name, msToNs(startMs), msToNs(endMs), signal);
      const values = found.map((value) => ({ value, count: null }));
      this.patch(name, { values, loading: false, error: null, uncounted: reason.message });
    } catch (error) {
      if (!signal.aborted) this.patch(name, { loading: false, error: toApiError(error) });
    }
  }

  private async counted(name: string, asked: ExploreState, signal: AbortSignal): Promise<FacetValue[]> {
    const query = asked.asked.query;
    const logs = withoutComments(logPart(kindOf(query) === 'invalid' ? '' : query));
    const base = withoutFacet(logs, name, placeOf(name));
    const failing = canFail(base) ? ' | drop __error__, __error_details__' : '';
    const { startMs, endMs } = asked.span;
    const width = formatDuration(Math.max(1000, Math.round((endMs - startMs) / 1000) * 1000));
    const counting = `topk(${MOST}, sum by (${name}) (count_over_time(${base}${failing} [${width}])))`;
    const data = await this.api.query(counting, msToNs(endMs), signal);
    if (data.resultType !== 'vector') return [];
    return data.result
      .map((series) => ({ value: series.metric[name] ?? '', count: Number(series.value[1]) }))
      .filter((v) => v.value !== '')
      .sort((a, b) => b.count - a.count || a.value.localeCompare(b.value));
  }
}
