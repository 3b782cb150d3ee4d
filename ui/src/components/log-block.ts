/**
 * <pl-log-block>: a few dozen rows that exist in the document only while they are near the screen.
 *
 * Rows may have any height (wrapped, multi-line, opened), so a block remembers the height it had and
 * stands for its rows with an empty box of that height. The list thus scrolls over any number of lines
 * with a bounded document, and nothing jumps.
 */
import { LitElement, type PropertyValues, css, html, nothing, unsafeCSS } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { LogLine } from '../model/lines';
import { base, levelColors } from '../styles/shared';
import './log-details';
import { type RowLook, ansiStyles, columns, drawRow, noServiceStyles, rowStyles } from './log-row';

const ROW_HEIGHT = 22;

const sameLines = (a: readonly LogLine[], b: readonly LogLine[] | undefined): boolean =>
  b !== undefined && a.length === b.length && a[0] === b[0] && a.at(-1) === b.at(-1);

@customElement('pl-log-block')
export class LogBlock extends LitElement {
  @property({ attribute: false, hasChanged: (a: readonly LogLine[], b: readonly LogLine[]) => !sameLines(a, b) })
  lines: readonly LogLine[] = [];
  @property({ attribute: false }) look!: RowLook;
  @property({ attribute: false }) opened: ReadonlySet<number> = new Set();
  /** The one row in the tab order. */
  @property({ type: Number }) active = -1;
  @property({ type: Boolean }) eager = false;
  @state() private near = false;
  private measured = 0;

  static override styles = [base, levelColors, rowStyles, noServiceStyles, unsafeCSS(ansiStyles), css`
    .row:hover { background: var(--hover); }
    .row.error:hover, .row.fatal:hover { background: color-mix(in srgb, var(--level) 10%, transparent); }
    .row.open { background: var(--hover); }
    .row:focus-visible { outline-offset: -2px; border-radius: 5px; }
    .row.error .text { color: color-mix(in srgb, var(--text) 92%, var(--error)); }
  `];

  setNear(near: boolean): void {
    if (!near && this.near) this.measured = this.offsetHeight;
    this.near = near;
  }

  focusLine(id: number): void {
    this.near = true;
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>(`[data-id="${id}"]`)?.focus());
  }

  private get drawn(): boolean {
    return this.near || this.eager;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('lines') || changed.has('look')) this.measured = 0;
  }

  protected override updated(): void {
    const height = this.measured || this.lines.length * ROW_HEIGHT;
    this.style.height = this.drawn ? '' : `${height}px`;
  }

  private toggle(line: LogLine, event: Event): void {
    // A reader who has just selected text did not mean to open the row.
    const selection = document.getSelection();
    if (event.type === 'click' && selection && !selection.isCollapsed) return;
    this.dispatchEvent(new CustomEvent<number>('toggle-line', { detail: line.id, bubbles: true, composed: true }));
  }

  private onKey(line: LogLine, event: KeyboardEvent): void {
    if (event.target !== event.currentTarget || (event.key !== 'Enter' && event.key !== ' ')) return;
    event.preventDefault();
    this.toggle(line, event);
  }

  private row(line: LogLine): unknown {
    const open = this.opened.has(line.id);
    return html`<div class="row ${line.level} ${open ? 'open' : ''}" data-id=${line.id} role="button" aria-expanded=${open}
        tabindex=${line.id === this.active ? 0 : -1}
        @click=${(e: Event) => this.toggle(line, e)} @keydown=${(e: KeyboardEvent) => this.onKey(line, e)}>${drawRow(line, this.look)}</div>
      ${open ? html`<pl-log-details class=${line.level} .line=${line} .look=${this.look}></pl-log-details>` : nothing}`;
  }

  override render(): unknown {
    if (!this.drawn) return nothing;
    return html`<div class="${this.look.wrap ? 'wrap' : ''} ${columns(this.look)}">
      ${repeat(this.lines, (line) => line.id, (line) => this.row(line))}</div>`;
  }
}
