/**
 * <pl-log-list>: the lines, in blocks; which rows are open, where the keyboard is, when to ask for more.
 */
import { LitElement, type PropertyValues, css, html } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { t } from '../i18n';
import type { LogLine } from '../model/lines';
import { base } from '../styles/shared';
import type { LogBlock } from './log-block';
import './log-block';
import type { RowLook } from './log-row';

const BLOCK = 40;
/** Drawn this far beyond the screen, so that scrolling meets no empty boxes. */
const MARGIN = '900px 0px';

interface Block {
  readonly key: number;
  readonly lines: readonly LogLine[];
}

/** By id, not by place in the list: dropping lines at the front must not move the others. */
function toBlocks(lines: readonly LogLine[]): Block[] {
  const blocks: Array<{ key: number; lines: LogLine[] }> = [];
  for (const line of lines) {
    const key = Math.floor(line.id / BLOCK);
    const last = blocks.at(-1);
    if (last?.key === key) last.lines.push(line);
    else blocks.push({ key, lines: [line] });
  }
  return blocks;
}

@customElement('pl-log-list')
export class LogList extends LitElement {
  @property({ attribute: false }) lines: readonly LogLine[] = [];
  @property({ attribute: false }) look!: RowLook;
  /** The element that scrolls. */
  @property({ attribute: false }) scroller: HTMLElement | null = null;
  /** Newest at the bottom and kept in view. */
  @property({ type: Boolean }) live = false;
  @state() private opened: ReadonlySet<number> = new Set();
  @state() private active = -1;
  private blocks: readonly Block[] = [];
  private observer: IntersectionObserver | null = null;
  private readonly observed = new Set<Element>();

  static override styles = [base, css`
    :host { padding: 2px 0 8px; }
    pl-log-block { overflow-anchor: auto; }
  `];

  constructor() {
    super();
    this.addEventListener('toggle-line', (event) => this.toggle((event as CustomEvent<number>).detail));
    this.addEventListener('keydown', (event) => this.onKey(event));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.observer?.disconnect();
    this.observer = null;
    this.observed.clear();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('lines')) this.blocks = toBlocks(this.lines);
    if (!this.lines.some((line) => line.id === this.active)) this.active = this.lines[0]?.id ?? -1;
  }

  protected override updated(): void {
    if (!this.scroller) return;
    this.observer ??= new IntersectionObserver((entries) => {
      for (const entry of entries) (entry.target as LogBlock).setNear(entry.isIntersecting);
    }, { root: this.scroller, rootMargin: MARGIN });
    const present = new Set<Element>(this.renderRoot.querySelectorAll('pl-log-block'));
    for (const block of this.observed) if (!present.has(block)) this.observer.unobserve(block);
    for (const block of present) if (!this.observed.has(block)) this.observer.observe(block);
    this.observed.clear();
    for (const block of present) this.observed.add(block);
  }

  private toggle(id: number): void {
    const opened = new Set(this.opened);
    if (!opened.delete(id)) opened.add(id);
    this.opened = opened;
    this.active = id;
  }

  private onKey(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    const target = event.composedPath()[0] as HTMLElement;
    if (!step || !target.dataset?.['id'] || event.altKey || event.ctrlKey || event.metaKey) return;
    const at = this.lines.findIndex((line) => line.id === Number(target.dataset['id']));
    const next = this.lines[at + step];
    if (!next) return;
    event.preventDefault();
    this.active = next.id;
    const key = Math.floor(next.id / BLOCK);
    this.renderRoot.querySelector<LogBlock>(`[data-key="${key}"]`)?.focusLine(next.id);
  }

  override render(): unknown {
    const last = this.blocks.length - 1;
    return html`<div role="region" aria-label=${t('list.label')}>${repeat(this.blocks, (block) => block.key, (block, i) => html`
      <pl-log-block data-key=${block.key} .lines=${block.lines} .look=${this.look} .active=${this.active}
        .opened=${this.opened} .eager=${this.live ? i >= last - 1 : i === 0}></pl-log-block>`)}</div>`;
  }
}
