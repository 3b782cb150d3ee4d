/** The page's state in the address, so that a link is an answer and the back button works. */
import { EVERYTHING } from './logql';
import type { Direction } from './lines';
import type { TimeRange } from './time';

export interface ExploreQuery {
  readonly query: string;
  readonly range: TimeRange;
  readonly direction: Direction;
  /** A metric query over the range, or at its end alone. */
  readonly mode: 'range' | 'instant';
  readonly live: boolean;
}

export const DEFAULT_QUERY: ExploreQuery = {
  query: EVERYTHING, range: { from: 'now-1h', to: 'now' }, direction: 'backward', mode: 'range', live: false,
};

/** `#/explore?query=...`: a fragment, so that no server route and no log of addresses ever sees it. */
export function toHash(state: ExploreQuery): string {
  const params = new URLSearchParams({ query: state.query, from: state.range.from, to: state.range.to });
  if (state.direction !== DEFAULT_QUERY.direction) params.set('direction', state.direction);
  if (state.mode !== DEFAULT_QUERY.mode) params.set('mode', state.mode);
  if (state.live) params.set('live', '1');
  return `#/explore?${params}`;
}

export function fromHash(hash: string): ExploreQuery {
  const at = hash.indexOf('?');
  const params = new URLSearchParams(at < 0 ? '' : hash.slice(at + 1));
  return {
    query: params.get('query') ?? DEFAULT_QUERY.query,
    range: {
      from: params.get('from') ?? DEFAULT_QUERY.range.from,
      to: params.get('to') ?? DEFAULT_QUERY.range.to,
    },
    direction: params.get('direction') === 'forward' ? 'forward' : 'backward',
    mode: params.get('mode') === 'instant' ? 'instant' : 'range',
    live: params.get('live') === '1',
  };
}
