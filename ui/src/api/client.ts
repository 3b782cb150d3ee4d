/**
 * The server's HTTP API as the UI uses it: Loki's routes and Prologue's status.
 *
 * Every failure is an ApiError that carries what the server said: message, cure, and the position in
 * the query. An aborted request rejects with the browser's AbortError, which is not a failure.
 */
import type { Direction, Labels, StreamResult } from '../model/lines';

const TENANT = 'X-Scope-OrgID';
const FLAGS = 'X-Loki-Response-Encoding-Flags';
const CATEGORIZE = 'categorize-labels';
/** Lines that a tail begins with, and catches up on after a break. */
const TAIL_PAGE = 1_000;

export interface Position {
  readonly line: number;
  readonly column: number;
  readonly offset: number;
}

export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly code = '',
    readonly cure = '',
    readonly position: Position | null = null,
  ) {
    super(message);
  }
}

export type Sample = readonly [number, string];

export type QueryData =
  | { readonly resultType: 'streams'; readonly result: readonly StreamResult[] }
  | { readonly resultType: 'matrix'; readonly result: ReadonlyArray<{ metric: Labels; values: readonly Sample[] }> }
  | { readonly resultType: 'vector'; readonly result: ReadonlyArray<{ metric: Labels; value: Sample }> }
  | { readonly resultType: 'scalar'; readonly result: Sample };

export interface Source {
  readonly kind: string;
  readonly name: string;
  readonly lag_bytes?: number | null;
  readonly error?: string | null;
}

/** A way in over the network. */
export interface Receiver {
  readonly name: string;
  readonly address: string;
  readonly records: number;
  /** Records a second. */
  readonly rate: number;
  readonly last_error: string;
}

export interface Status {
  readonly version: string;
  readonly newest_line_ns: string | null;
  readonly stored_lines: number;
  readonly buffered_bytes: number;
  /** Why the store does not take lines now. */
  readonly error?: string | null;
  readonly problems?: readonly string[];
  readonly sources: readonly Source[];
  readonly receivers: readonly Receiver[];
}

export interface RangeRequest {
  readonly query: string;
  /** Unix ns as decimal text. */
  readonly start: string;
  readonly end: string;
  readonly limit?: number;
  readonly direction?: Direction;
  readonly step?: string;
}

type Params = Readonly<Record<string, string | number | undefined>>;

function encode(params: Params): URLSearchParams {
  const out = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (value !== undefined) out.set(name, String(value));
  return out;
}

async function toError(response: Response): Promise<ApiError> {
  const text = await response.text();
  try {
    const body = JSON.parse(text) as {
      error?: string; message?: string; code?: string; cure?: string; position?: Position;
    };
    const message = body.error ?? body.message ?? text;
    return new ApiError(message, response.status, body.code, body.cure, body.position ?? null);
  } catch {
    // Not our error body: a proxy answered, or the server is older. Its words are all there is.
    return new ApiError(text.trim() || response.statusText || 'no answer', response.status);
  }
}

export class Api {
  /** `base` is the folder the page came from; a reverse proxy may serve it under a path. */
  constructor(
    private readonly tenant: () => string,
    private readonly base: URL = new URL('.', document.baseURI),
  ) {}

  private async request(path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set(FLAGS, CATEGORIZE);
    const tenant = this.tenant();
    if (tenant) headers.set(TENANT, tenant);
    let response: Response;
    try {
      response = await fetch(new URL(path, this.base), { ...init, headers });
    } catch (error) {
      if (init.signal?.aborted) throw error;
      throw new ApiError('unreachable', 0, 'unreachable');
    }
    if (!response.ok) throw await toError(response);
    return response;
  }

  /** Long queries outgrow an address: questions are sent as a form. */
  private async post<T>(path: string, params: Params, signal?: AbortSignal): Promise<T> {
    const response = await this.request(path, { method: 'POST', body: encode(params), signal });
    return ((await response.json()) as { data: T }).data;
  }

  private async get<T>(path: string, params: Params, signal?: AbortSignal): Promise<T> {
    const response = await this.request(`${path}?${encode(params)}`, { signal });
    return ((await response.json()) as { data: T }).data;
  }

  queryRange(request: RangeRequest, signal?: AbortSignal): Promise<QueryData> {
    return this.post('loki/api/v1/query_range', { ...request }, signal);
  }

  query(query: string, time: string, signal?: AbortSignal): Promise<QueryData> {
    return this.post('loki/api/v1/query', { query, time }, signal);
  }

  async labels(start: string, end: string, signal?: AbortSignal): Promise<string[]> {
    return (await this.get<string[] | null>('loki/api/v1/labels', { start, end }, signal)) ?? [];
  }

  async labelValues(name: string, start: string, end: string, signal?: AbortSignal): Promise<string[]> {
    const path = `loki/api/v1/label/${encodeURIComponent(name)}/values`;
    return (await this.get<string[] | null>(path, { start, end }, signal)) ?? [];
  }

  /** With the server's clock, Unix ms: a line's age must not depend on this machine's. */
  async status(signal?: AbortSignal): Promise<{ status: Status; serverMs: number }> {
    const response = await this.request('api/v1/status', { signal });
    const date = Date.parse(response.headers.get('date') ?? '');
    return { status: (await response.json()) as Status, serverMs: Number.isNaN(date) ? Date.now() : date };
  }

  /** A browser's WebSocket cannot set headers: the two that matter travel as parameters of the same name. */
  tailUrl(query: string, startNs: string): string {
    const params = encode({
      query, start: startNs, limit: TAIL_PAGE, [TENANT]: this.tenant() || undefined, [FLAGS]: CATEGORIZE,
    });
    const url = new URL(`loki/api/v1/tail?${params}`, this.base);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    return url.href;
  }
}

/** What an error is called in the page: the server's words, or the translated ones for no answer at all. */
export function toApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError(error instanceof Error ? error.message : String(error), 0);
}
