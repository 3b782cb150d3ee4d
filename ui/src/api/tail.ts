/**
 * Live tail over Loki's WebSocket protocol, reconnecting by itself.
 *
 * After a break it resumes behind the last line it has seen, so a short disconnect loses nothing; what
 * the server dropped because the reader was slow is counted and told.
 */
import { type LogLine, type StreamResult, flatten } from '../model/lines';
import { compareNs } from '../model/time';

export type TailStatus = 'connecting' | 'live' | 'retrying';

interface Message {
  /** The server's error body, sent before it closes. */
  readonly error?: string;
  readonly cure?: string;
  readonly streams?: readonly StreamResult[];
  readonly dropped_entries?: readonly unknown[] | null;
}

export interface TailHandlers {
  readonly url: (startNs: string) => string;
  readonly onLines: (lines: LogLine[], dropped: number) => void;
  readonly onStatus: (status: TailStatus, reason: string) => void;
}

const RETRY_MS = [500, 1_000, 2_000, 5_000, 10_000];

const decode = (data: string | ArrayBuffer): Message =>
  JSON.parse(typeof data === 'string' ? data : new TextDecoder().decode(data)) as Message;

export class Tail {
  private socket: WebSocket | null = null;
  private timer = 0;
  private failures = 0;
  private stopped = false;
  private lastTs: string;

  constructor(private readonly handlers: TailHandlers, startNs: string) {
    this.lastTs = startNs;
  }

  start(): void {
    if (this.stopped) return;
    this.handlers.onStatus(this.failures ? 'retrying' : 'connecting', '');
    const socket = new WebSocket(this.handlers.url(this.lastTs));
    socket.binaryType = 'arraybuffer';
    this.socket = socket;
    let reason = '';
    socket.onopen = () => {
      this.failures = 0;
      this.handlers.onStatus('live', '');
    };
    socket.onmessage = (event) => {
      const message = decode(event.data as string | ArrayBuffer);
      if (message.error === undefined) this.receive(message);
      else reason = `${message.error} ${message.cure ?? ''}`.trim();
    };
    socket.onclose = (event) => this.retry(reason || event.reason);
  }

  stop(): void {
    this.stopped = true;
    window.clearTimeout(this.timer);
    this.socket?.close();
  }

  private receive(message: Message): void {
    const lines = flatten(message.streams ?? [], 'forward');
    const last = lines.at(-1);
    if (last && compareNs(last.ts, this.lastTs) >= 0) this.lastTs = String(BigInt(last.ts) + 1n);
    this.handlers.onLines(lines, message.dropped_entries?.length ?? 0);
  }

  private retry(reason: string): void {
    if (this.stopped) return;
    const wait = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)];
    this.failures += 1;
    this.handlers.onStatus('retrying', reason);
    this.timer = window.setTimeout(() => this.start(), wait);
  }
}
