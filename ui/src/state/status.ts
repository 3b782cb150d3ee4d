/** The server's own account of itself, asked for every few seconds while the page is visible. */
import { type Api, type ApiError, type Status, toApiError } from '../api/client';
import { nsToMs } from '../model/time';
import { Store } from './store';

const EVERY_MS = 3_000;
/** A log platform that has stored nothing for this long has most likely lost its sources. */
export const STALE_MS = 5 * 60_000;

export interface StatusState {
  readonly status: Status | null;
  readonly error: ApiError | null;
  /** The server's clock when it answered, Unix ms. */
  readonly now: number;
}

export class StatusPoller extends Store<StatusState> {
  private timer = 0;

  constructor(private readonly api: Api) {
    super({ status: null, error: null, now: Date.now() });
  }

  start(): void {
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) void this.poll();
    });
    void this.poll();
  }

  private async poll(): Promise<void> {
    window.clearTimeout(this.timer);
    try {
      const { status, serverMs } = await this.api.status();
      this.set({ status, error: null, now: serverMs });
    } catch (error) {
      this.set({ error: toApiError(error) });
    }
    if (!document.hidden) this.timer = window.setTimeout(() => void this.poll(), EVERY_MS);
  }

  /** Age of the newest stored line in ms; null where there is none. */
  newestAge(): number | null {
    const ns = this.value.status?.newest_line_ns;
    return ns ? Math.max(0, this.value.now - nsToMs(ns)) : null;
  }
}
