/** <pl-log-context>: what the same stream said just before and after a line, whatever the query filters. */
import { LitElement, css, html, nothing, unsafeCSS } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { type ApiError, toApiError } from '../api/client';
import { t } from '../i18n';
import { type Direction, type LogLine, flatten } from '../model/lines';
import { quote } from '../model/logql-text';
import { explore } from '../state/context';
import { base, controls, levelColors } from '../styles/shared';
import { icon } from './icons';
import { type RowLook, ansiStyles, drawRow, noServiceStyles, rowStyles } from './log-row';

const PAGE = 8;
const DAY_NS = 86_400_000_000_000n;

@customElement('pl-log-context')
export class LogContext extends LitElement {
  @property({ attribute: false }) line!: LogLine;
  @property({ attribute: false }) look!: RowLook;
  @state() private earlier: readonly LogLine[] = [];
  @state() private later: readonly LogLine[] = [];
  @state() private ends: Readonly<Record<Direction, boolean>> = { backward: false, forward: false };
  @state() private error: ApiError | null = null;
  @state() private busy = true;
  private readonly abort = new AbortController();

  static override styles = [base, controls, levelColors, rowStyles, noServiceStyles, unsafeCSS(ansiStyles), css`
    :host { margin-bottom: 12px; }
    .box { background: var(--surface); border: 1px solid var(--line-soft); border-radius: var(--radius); overflow: hidden; padding: 3px 0; }
    .row.anchor { background: var(--accent-soft); }
    .edge { display: flex; align-items: center; gap: 8px; padding: 2px 10px; color: var(--text-3); font-size: 12px; min-height: 28px; }
    .failed { color: var(--error-text); padding: 6px 12px; }
  `];

  override connectedCallback(): void {
    super.connectedCallback();
    void this.load(['backward', 'forward']);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.abort.abort();
  }

  private selector(): string {
    const pairs = Object.entries(this.line.stream).filter(([name]) => name !== 'detected_level');
    return `{${pairs.map(([name, value]) => `${name}=${quote(value)}`).join(', ')}}`;
  }

  private async fetch(direction: Direction, limit: number): Promise<LogLine[]> {
    const ts = BigInt(this.line.ts);
    // The end is exclusive: lines of the very same nanosecond come with the later half.
    const bounds = direction === 'backward'
      ? { start: String(ts - DAY_NS), end: this.line.ts } : { start: this.line.ts, end: String(ts + DAY_NS) };
    const data = await explore.api.queryRange({ query: this.selector(), direction, limit, ...bounds }, this.abort.signal);
    return data.resultType === 'streams' ? flatten(data.result, direction) : [];
  }

  private async load(directions: readonly Direction[]): Promise<void> {
    this.busy = true;
    this.error = null;
    try {
      for (const direction of directions) {
        const have = direction === 'backward' ? this.earlier.length : this.later.length;
        const lines = await this.fetch(direction, have + PAGE);
        if (direction === 'backward') this.earlier = lines;
        else this.later = lines;
        this.ends = { ...this.ends, [direction]: lines.length < have + PAGE };
      }
    } catch (error) {
      if (!this.abort.signal.aborted) this.error = toApiError(error);
    } finally {
      this.busy = false;
    }
  }

  private edge(direction: Direction): unknown {
    const backward = direction === 'backward';
    return html`<div class="edge">${this.ends[direction] ? t(backward ? 'context.edge.before' : 'context.edge.after')
      : html`<button class="small quiet" ?disabled=${this.busy} @click=${() => void this.load([direction])}>${icon(backward ? 'up' : 'down', 14)}${t(backward ? 'context.before' : 'context.after')}</button>`}</div>`;
  }

  private isAnchor(line: LogLine): boolean {
    return line.ts === this.line.ts && line.text === this.line.text;
  }

  override render(): unknown {
    const rest = this.later.some((line) => this.isAnchor(line)) ? this.later : [this.line, ...this.later];
    const row = (line: LogLine): unknown =>
      html`<div class="row ${line.level} ${this.isAnchor(line) ? 'anchor' : ''}">${drawRow(line, { ...this.look, withService: false })}</div>`;
    return html`<div class="box no-service ${this.look.wrap ? 'wrap' : ''}" role="group" aria-label=${t('context.title')}>
      ${this.error ? html`<div class="failed" role="alert">${this.error.message} ${this.error.cure}</div>` : nothing}
      ${this.edge('backward')}${[...this.earlier].reverse().map(row)}${rest.map(row)}${this.edge('forward')}</div>`;
  }
}
