/** Live tail as the page shows it: a bounded list of the newest lines, and whether it flows. */
import { type Api, toApiError } from '../api/client';
import { Tail, type TailStatus } from '../api/tail';
import type { LogLine } from '../model/lines';
import { msToNs } from '../model/time';
import { Store } from './store';

export const TAIL_LIMIT = 2_000;

export interface LiveState {
  readonly lines: readonly LogLine[];
  /** Lines that came while paused; they are shown on resume. */
  readonly waiting: readonly LogLine[];
  readonly paused: boolean;
  readonly status: TailStatus;
  readonly reason: string;
  readonly dropped: number;
}

const START: LiveState = { lines: [], waiting: [], paused: false, status: 'connecting', reason: '', dropped: 0 };

const newest = (lines: readonly LogLine[]): readonly LogLine[] =>
  lines.length > TAIL_LIMIT ? lines.slice(-TAIL_LIMIT) : lines;

export class Live extends Store<LiveState> {
  private tail: Tail | null = null;

  constructor(private readonly api: Api) {
    super(START);
  }

  /** Follow a query, from a little before now so that the list does not start empty. */
  start(query: string): void {
    this.stop();
    this.set(START);
    this.tail = new Tail({
      url: (startNs) => this.api.tailUrl(query, startNs),
      onLines: (lines, dropped) => this.receive(lines, dropped),
      onStatus: (status, reason) => this.onStatus(query, status, reason),
    }, msToNs(Date.now() - 30_000));
    this.tail.start();
  }

  private onStatus(query: string, status: TailStatus, reason: string): void {
    this.set({ status, reason: status === 'live' ? '' : reason || this.value.reason });
    if (status === 'retrying' && !reason) void this.explain(query);
  }

  /** A browser does not tell why a WebSocket was refused; the same query over HTTP does. */
  private async explain(query: string): Promise<void> {
    const now = Date.now();
    try {
      await this.api.queryRange({ query, limit: 1, start: msToNs(now - 1000), end: msToNs(now) });
    } catch (error) {
      const { code, message, cure } = toApiError(error);
      if (this.tail && code !== 'unreachable') this.set({ reason: `${message} ${cure}` });
    }
  }

  stop(): void {
    this.tail?.stop();
    this.tail = null;
  }

  pause(): void {
    if (!this.value.paused) this.set({ paused: true });
  }

  resume(): void {
    this.set({ paused: false, lines: newest([...this.value.lines, ...this.value.waiting]), waiting: [] });
  }

  clear(): void {
    this.set({ lines: [], waiting: [], dropped: 0 });
  }

  private receive(lines: LogLine[], dropped: number): void {
    const { paused, waiting } = this.value;
    const total = this.value.dropped + dropped;
    if (paused) this.set({ waiting: newest([...waiting, ...lines]), dropped: total });
    else if (lines.length || dropped) this.set({ lines: newest([...this.value.lines, ...lines]), dropped: total });
  }
}
