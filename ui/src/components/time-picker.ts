/** <pl-time-picker>: quick ranges, from and to, stepping and zooming out, refresh and its rhythm. */
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { rangeName, t } from '../i18n';
import {
  QUICK_RANGES, type Span, TimeError, type TimeRange, absoluteRange, formatInstant, parseDuration, quickName,
  quickRange, resolveRange,
} from '../model/time';
import { settings } from '../state/settings';
import { Watch } from '../state/store';
import { base, controls } from '../styles/shared';
import { icon } from './icons';
import type { Popup } from './popup';
import './popup';

const AUTO = ['', '5s', '10s', '30s', '1m', '5m'] as const;

@customElement('pl-time-picker')
export class TimePicker extends LitElement {
  @property({ attribute: false }) range!: TimeRange;
  @property({ attribute: false }) span!: Span;
  @property({ type: Boolean }) busy = false;
  @state() private auto = '';
  @state() private problem = '';
  private timer = 0;

  static override styles = [base, controls, css`
    :host { display: flex; gap: 6px; align-items: center; }
    .chosen { display: flex; gap: 7px; align-items: center; font-weight: 500; }
    .panel { display: grid; grid-template-columns: 1fr 168px; width: 480px; max-width: 100%; }
    .quick { padding: 10px; border-left: 1px solid var(--line-soft); display: grid; gap: 1px; align-content: start; }
    .quick button { justify-content: flex-start; height: 27px; border: 0; background: none; font-weight: 450; }
    .quick button:hover { background: var(--hover); }
    .quick button[aria-pressed='true'] { background: var(--accent-soft); font-weight: 600; }
    form { padding: 14px; display: grid; gap: 10px; align-content: start; }
    h3 { margin: 0; font-size: 12px; font-weight: 600; color: var(--text-2); }
    .quick h3 { padding: 4px 10px 6px; }
    label { display: grid; gap: 4px; font-size: 12px; color: var(--text-2); }
    input { font: 12.5px var(--mono); color: var(--text); }
    small { color: var(--text-3); font-size: 11.5px; }
    .problem { color: var(--error-text); font-size: 12px; }
    .steps { display: flex; gap: 6px; }
    .autos { padding: 8px; display: grid; gap: 1px; min-width: 170px; }
    .autos h3 { padding: 4px 10px 6px; }
    .autos button { justify-content: flex-start; border: 0; height: 27px; background: none; font-weight: 450; }
    .autos button:hover { background: var(--hover); }
    .every { font-size: 12px; color: var(--accent); }
    .spin svg { animation: spin 900ms linear infinite; }
    @keyframes spin { to { transform: rotate(360deg); } }
    @media (max-width: 560px) { .panel { grid-template-columns: 1fr; } .quick { border-left: 0; border-top: 1px solid var(--line-soft); grid-template-columns: 1fr 1fr; } .quick h3 { grid-column: 1 / -1; } }
  `];

  constructor() {
    super();
    new Watch(this, [settings]);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.clearInterval(this.timer);
  }

  private label(): string {
    const quick = quickName(this.range);
    if (quick) return t('time.last', { range: rangeName(quick) });
    const zone = settings.value.zone;
    const from = formatInstant(this.span.startMs, zone);
    const to = formatInstant(this.span.endMs, zone);
    return `${from} – ${to.slice(0, 10) === from.slice(0, 10) ? to.slice(11) : to}`;
  }

  private pick(range: TimeRange): void {
    this.problem = '';
    this.renderRoot.querySelectorAll('pl-popup').forEach((popup) => (popup as Popup).close());
    this.dispatchEvent(new CustomEvent<TimeRange>('pick', { detail: range }));
  }

  private apply(event: Event): void {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    const range = { from: String(form.get('from')).trim(), to: String(form.get('to')).trim() };
    try {
      const span = resolveRange(range, Date.now(), settings.value.zone);
      // A date was read in the zone of this reader: a link to it must mean the same instant to another.
      const absolute = absoluteRange(span);
      const keep = (text: string, fixed: string): string => (text.startsWith('now') ? text : fixed);
      this.pick({ from: keep(range.from, absolute.from), to: keep(range.to, absolute.to) });
    } catch (error) {
      if (!(error instanceof TimeError)) throw error;
      this.problem = t(error.message.includes('before it starts') ? 'time.reversed' : 'time.invalid');
    }
  }

  private shift(by: number): void {
    const width = this.span.endMs - this.span.startMs;
    this.pick(absoluteRange({ startMs: this.span.startMs + by * width, endMs: this.span.endMs + by * width }));
  }

  private setAuto(every: string): void {
    this.auto = every;
    window.clearInterval(this.timer);
    const refresh = (): void => { if (!document.hidden && !this.busy) this.refresh(); };
    if (every) this.timer = window.setInterval(refresh, parseDuration(every));
    this.renderRoot.querySelectorAll('pl-popup').forEach((popup) => (popup as Popup).close());
  }

  private refresh(): void {
    this.dispatchEvent(new CustomEvent('refresh'));
  }

  private panel(): unknown {
    const shown = (text: string, ms: number): string => (text.startsWith('now') ? text : formatInstant(ms, settings.value.zone));
    return html`<div class="panel">
      <form @submit=${(e: Event) => this.apply(e)}>
        <h3>${t('time.absolute')} · ${settings.value.zone === 'utc' ? 'UTC' : Intl.DateTimeFormat().resolvedOptions().timeZone}</h3>
        <label>${t('time.from')}<input name="from" autocomplete="off" spellcheck="false" .value=${shown(this.range.from, this.span.startMs)}></label>
        <label>${t('time.to')}<input name="to" autocomplete="off" spellcheck="false" .value=${shown(this.range.to, this.span.endMs)}></label>
        ${this.problem ? html`<div class="problem" role="alert">${this.problem}</div>` : html`<small>${t('time.hint')}</small>`}
        <button class="primary" type="submit">${t('time.apply')}</button>
        <div class="steps">
          <button type="button" class="small" @click=${() => this.shift(-1)}>${icon('left', 14)}${t('time.back')}</button>
          <button type="button" class="small" @click=${() => this.shift(1)}>${t('time.forward')}${icon('chevron', 14)}</button>
        </div>
      </form>
      <div class="quick"><h3>${t('time.quick')}</h3>${QUICK_RANGES.map((name) => html`
        <button aria-pressed=${quickName(this.range) === name} @click=${() => this.pick(quickRange(name))}>${rangeName(name)}</button>`)}
      </div></div>`;
  }

  override render(): unknown {
    return html`
      <pl-popup side="right" label=${`${t('time.range')}: ${this.label()}`}>
        <span slot="button" class="chosen num">${icon('clock')}${this.label()}</span>${this.panel()}
      </pl-popup>
      <button class="icon refresh ${this.busy ? 'spin' : ''}" title=${t('time.refresh')} aria-label=${t('time.refresh')}
        @click=${() => this.refresh()}>${icon('refresh')}</button>
      <pl-popup side="right" label=${t('time.auto')} look=${this.auto ? '' : 'icon'}>
        <span slot="button" class="chosen">${this.auto ? html`<span class="every num">${this.auto}</span>` : nothing}${icon('down', 14)}</span>
        <div class="autos"><h3>${t('time.auto')}</h3>${AUTO.map((every) => html`
          <button aria-pressed=${this.auto === every} @click=${() => this.setAuto(every)}>${every || t('time.auto.off')}</button>`)}</div>
      </pl-popup>`;
  }
}
