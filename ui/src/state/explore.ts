/**
 * What the Explore page knows and does: the question, its answer, and the requests in between.
 *
 * One object owns every request, so that a new question always cancels the old one's and an answer
 * that arrives late is never shown. Elements read `state` and call methods; they fetch nothing.
 */
import { type Api, type ApiError, type QueryData, toApiError } from '../api/client';
import { DEFAULT_QUERY, type ExploreQuery, fromHash, toHash } from '../model/address';
import { EVERYTHING, kindOf, volumeQuery } from '../model/logql';
import { type Direction, type LogLine, flatten, withoutOverlap } from '../model/lines';
import type { Level } from '../model/levels';
import { type Span, type TimeRange, formatDuration, msToNs, pickStep, resolveRange } from '../model/time';
import { remember } from './history';
import { settings } from './settings';
import { Store } from './store';
import { type Volume, toVolume } from './volume';

const PAGE = 300;
const PAGE_MAX = 5_000;
const VOLUME_BUCKETS = 130;
const CHART_POINTS = 240;

export type Answer =
  | { readonly kind: 'none' }
  | { readonly kind: 'lines' }
  | { readonly kind: 'matrix' | 'vector' | 'scalar'; readonly data: QueryData; readonly stepMs: number };

export interface ExploreState {
  /** The question last run; the editor's text is its own until it is run. */
  readonly asked: ExploreQuery;
  readonly span: Span;
  readonly answer: Answer;
  readonly lines: readonly LogLine[];
  readonly hasMore: boolean;
  readonly crowded: boolean;
  readonly loading: boolean;
  /** The reader stopped the question before its answer came. */
  readonly cancelled: boolean;
  readonly loadingMore: boolean;
  readonly error: ApiError | null;
  readonly moreError: ApiError | null;
  readonly volume: Volume | null;
  readonly volumeError: ApiError | null;
  readonly volumeLoading: boolean;
  readonly hiddenLevels: ReadonlySet<Level>;
}

export class Explore extends Store<ExploreState> {
  private running: AbortController | null = null;

  constructor(readonly api: Api) {
    super({
      asked: DEFAULT_QUERY, span: { startMs: Date.now() - 3_600_000, endMs: Date.now() }, answer: { kind: 'none' },
      lines: [], hasMore: false, crowded: false, loading: false, cancelled: false, loadingMore: false, error: null, moreError: null,
      volume: null, volumeError: null, volumeLoading: false, hiddenLevels: new Set(),
    });
  }

  /** Ask what the address says; called at the start and when the reader goes back. */
  open(): void {
    this.ask(fromHash(location.hash), false);
  }

  /** Change part of the question and ask it. The address keeps it unless it is where we come from. */
  ask(change: Partial<ExploreQuery> = {}, push = true): void {
    const asked = { ...this.value.asked, ...change };
    const query = asked.query.trim() || EVERYTHING;
    this.set({ asked: { ...asked, query } });
    const hash = toHash(this.value.asked);
    if (push && hash !== location.hash) history.pushState(null, '', hash);
    remember(query);
    this.abort();
    if (asked.live && kindOf(query) !== 'metric') this.set({ answer: { kind: 'lines' }, error: null, lines: [], volume: null });
    else void this.run();
  }

  cancel(): void {
    this.abort();
    this.set({ cancelled: true });
  }

  private abort(): void {
    this.running?.abort();
    this.running = null;
    this.set({ loading: false, loadingMore: false, volumeLoading: false });
  }

  setRange(range: TimeRange): void {
    this.ask({ range, live: false });
  }

  toggleLevel(level: Level): void {
    const hidden = new Set(this.value.hiddenLevels);
    if (!hidden.delete(level)) hidden.add(level);
    this.set({ hiddenLevels: hidden });
  }

  private async run(): Promise<void> {
    const running = new AbortController();
    this.running = running;
    const { query, range, mode } = this.value.asked;
    let span: Span;
    try {
      span = resolveRange(range, Date.now(), settings.value.zone);
    } catch (error) {
      this.set({ error: toApiError(error), answer: { kind: 'none' }, lines: [], volume: null });
      return;
    }
    this.set({ span, loading: true, cancelled: false, error: null, moreError: null, crowded: false, volumeError: null });
    const metric = kindOf(query) === 'metric';
    if (metric) this.set({ volume: null, volumeLoading: false });
    await Promise.all([
      metric ? this.runMetric(span, mode, running.signal) : this.runLines(span, running.signal),
      metric ? null : this.runVolume(span, running.signal),
    ]);
  }

  /** Runs a request and puts its failure where the page shows it; silent once it has been cancelled. */
  private async guard(
    signal: AbortSignal, work: () => Promise<void>, failed: (error: ApiError) => Partial<ExploreState>,
    done: Partial<ExploreState>,
  ): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!signal.aborted) this.set(failed(toApiError(error)));
    } finally {
      if (!signal.aborted) this.set(done);
    }
  }

  private runLines(span: Span, signal: AbortSignal): Promise<void> {
    const { query, direction } = this.value.asked;
    return this.guard(signal, async () => {
      const data = await this.api.queryRange(
        { query, direction, limit: PAGE, start: msToNs(span.startMs), end: msToNs(span.endMs) }, signal);
      if (signal.aborted) return;
      if (data.resultType !== 'streams') {
        // The grammar here took a metric query for a log query; show what the server made of it.
        this.set({ answer: toAnswer(data, 0), lines: [], volume: null });
        return;
      }
      const lines = flatten(data.result, direction);
      this.set({ answer: { kind: 'lines' }, lines, hasMore: lines.length >= PAGE });
    }, (error) => ({ error, answer: { kind: 'none' }, lines: [], hasMore: false }), { loading: false });
  }

  private runMetric(span: Span, mode: 'range' | 'instant', signal: AbortSignal): Promise<void> {
    const stepMs = pickStep(span.endMs - span.startMs, CHART_POINTS);
    const query = this.value.asked.query;
    return this.guard(signal, async () => {
      const data = mode === 'instant'
        ? await this.api.query(query, msToNs(span.endMs), signal)
        : await this.api.queryRange({
          query, start: msToNs(span.startMs), end: msToNs(span.endMs), step: formatDuration(stepMs) }, signal);
      if (!signal.aborted) this.set({ answer: toAnswer(data, stepMs), lines: [], hasMore: false });
    }, (error) => ({ error, answer: { kind: 'none' }, lines: [] }), { loading: false });
  }

  private runVolume(span: Span, signal: AbortSignal): Promise<void> {
    const stepMs = pickStep(span.endMs - span.startMs, VOLUME_BUCKETS);
    // A sample at t counts (t - step, t]: asked at the ends of round buckets, it is the bucket before t.
    const first = Math.floor(span.startMs / stepMs) * stepMs + stepMs;
    const last = Math.ceil(span.endMs / stepMs) * stepMs;
    this.set({ volumeLoading: true });
    return this.guard(signal, async () => {
      const data = await this.api.queryRange({
        query: volumeQuery(this.value.asked.query, formatDuration(stepMs)),
        start: msToNs(first), end: msToNs(last), step: formatDuration(stepMs),
      }, signal);
      if (!signal.aborted) this.set({ volume: toVolume(data, first - stepMs, last, stepMs), volumeError: null });
    }, (volumeError) => ({ volumeError, volume: null }), { volumeLoading: false });
  }

  /** The next page behind the last line. See `withoutOverlap` for why it starts on that line. */
  async loadMore(): Promise<void> {
    const { hasMore, loadingMore, loading, lines } = this.value;
    const last = lines.at(-1);
    const running = this.running;
    if (!hasMore || loadingMore || loading || !last || !running) return;
    this.set({ loadingMore: true, moreError: null });
    await this.guard(running.signal, () => this.fetchMore(last, PAGE, running.signal),
      (moreError) => ({ moreError }), { loadingMore: false });
  }

  private async fetchMore(last: LogLine, limit: number, signal: AbortSignal): Promise<void> {
    const { asked: { query, direction }, span } = this.value;
    const data = await this.api.queryRange({ query, direction, limit, ...pageBounds(direction, last, span) }, signal);
    if (signal.aborted || data.resultType !== 'streams') return;
    const page = flatten(data.result, direction);
    const fresh = withoutOverlap(this.value.lines, page);
    if (!fresh.length && page.length >= limit) {
      // More lines than a page share this nanosecond: a bigger page gets past them, up to the server's limit.
      if (limit < PAGE_MAX) await this.fetchMore(last, Math.min(limit * 4, PAGE_MAX), signal);
      else this.set({ crowded: true, hasMore: false });
      return;
    }
    this.set({ lines: [...this.value.lines, ...fresh], hasMore: page.length >= limit });
  }
}

function pageBounds(direction: Direction, last: LogLine, span: Span): { start: string; end: string } {
  // The end is exclusive in Loki's API: one more nanosecond includes the last line's own.
  return direction === 'backward'
    ? { start: msToNs(span.startMs), end: String(BigInt(last.ts) + 1n) }
    : { start: last.ts, end: msToNs(span.endMs) };
}

function toAnswer(data: QueryData, stepMs: number): Answer {
  return data.resultType === 'streams' ? { kind: 'lines' } : { kind: data.resultType, data, stepMs };
}
