/** <pl-live-view>: live tail. Newest at the bottom; scrolling up pauses, returning to the end resumes. */
import { LitElement, type PropertyValues, css, html, nothing } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { t } from '../i18n';
import { formatCount } from '../model/format';
import { termPattern } from '../model/line-text';
import { serviceCount } from '../model/lines';
import { lineTerms } from '../model/logql';
import { live } from '../state/context';
import { TAIL_LIMIT } from '../state/live';
import { settings } from '../state/settings';
import { Watch } from '../state/store';
import { base, controls } from '../styles/shared';
import { icon } from './icons';
import './log-list';
import type { RowLook } from './log-row';

const NEAR_END = 32;

@customElement('pl-live-view')
export class LiveView extends LitElement {
  @property() query = '';
  @query('.scroll') private readonly scroller!: HTMLElement;
  private lastTop = 0;
  private look!: RowLook;
  private lookKey = '';

  static override styles = [base, controls, css`
    :host { display: flex; flex-direction: column; min-height: 0; height: 100%; background: var(--surface); position: relative; }
    .bar { display: flex; align-items: center; gap: 8px; flex-wrap: wrap; padding: 6px 14px; border-bottom: 1px solid var(--line); font-size: 12px; color: var(--text-2); }
    .status { display: flex; align-items: center; gap: 8px; font-weight: 600; color: var(--text); margin-right: 4px; }
    .dot { width: 8px; height: 8px; border-radius: 50%; background: var(--unknown); }
    .live .dot { background: var(--error); animation: pulse 1.6s ease-in-out infinite; }
    .retrying .dot { background: var(--warn); }
    .retrying { color: var(--warn-text); }
    @keyframes pulse { 50% { opacity: .35; } }
    .push { margin-left: auto; }
    .dropped { color: var(--warn-text); }
    .scroll { flex: 1; min-height: 0; overflow-y: auto; overscroll-behavior: contain; }
    .waiting { padding: 56px 24px; text-align: center; color: var(--text-3); }
    .resume { position: absolute; bottom: 18px; left: 50%; transform: translateX(-50%); border-radius: 999px; box-shadow: var(--shadow); }
  `];

  constructor() {
    super();
    new Watch(this, [live, settings]);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    live.stop();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('query')) live.start(this.query);
  }

  protected override updated(): void {
    if (live.value.paused) return;
    // Rows are laid out after this update: pin the end once they are, and again when blocks have filled.
    requestAnimationFrame(() => {
      if (!live.value.paused && this.isConnected) this.toEnd();
    });
  }

  /** One object while nothing of it changes, so that rows already drawn are left alone. */
  private lookOf(withService: boolean): RowLook {
    const { wrap, zone } = settings.value;
    const key = JSON.stringify([this.query, wrap, zone, withService]);
    if (key !== this.lookKey) {
      const patterns = lineTerms(this.query).flatMap((term) => termPattern(term) ?? []);
      this.look = { patterns, wrap, zone, withDay: false, withService };
      this.lookKey = key;
    }
    return this.look;
  }

  private toEnd(): void {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.lastTop = this.scroller.scrollTop;
  }

  private onScroll(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const atEnd = scrollHeight - clientHeight - scrollTop < NEAR_END;
    if (atEnd && live.value.paused && scrollTop > this.lastTop) live.resume();
    else if (!atEnd && scrollTop < this.lastTop - 2) live.pause();
    this.lastTop = scrollTop;
  }

  override render(): unknown {
    const { lines, waiting, paused, status, reason, dropped } = live.value;
    const look = this.lookOf(serviceCount(lines) > 1);
    return html`
      <div class="bar"><span class="status ${paused ? '' : status}" role="status"><i class="dot"></i>${paused ? t('tail.paused') : t(`tail.${status}`)}</span>
        ${reason ? html`<span class="dropped">${reason}</span>` : nothing}
        <span class="num">${lines.length >= TAIL_LIMIT ? t('tail.bounded', { count: formatCount(TAIL_LIMIT) }) : t('list.count', { shown: formatCount(lines.length) })}</span>
        ${dropped ? html`<span class="dropped num">${t('tail.dropped', { count: formatCount(dropped) })}</span>` : nothing}
        <button class="small push" @click=${() => (paused ? live.resume() : live.pause())}>${icon(paused ? 'play' : 'pause', 14)}${t(paused ? 'tail.resume' : 'tail.pause')}</button>
        <button class="small" @click=${() => live.clear()}>${t('tail.clear')}</button></div>
      <div class="scroll" @scroll=${() => this.onScroll()}>
        ${lines.length ? html`<pl-log-list live .lines=${lines} .look=${look} .scroller=${this.scroller}></pl-log-list>`
          : html`<div class="waiting">${t('tail.waiting')}</div>`}</div>
      ${paused && waiting.length ? html`<button class="primary resume num" @click=${() => live.resume()}>${icon('down', 14)}${t('tail.new', { count: formatCount(waiting.length) })}</button>` : nothing}`;
  }
}
