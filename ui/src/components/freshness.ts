/**
 * <pl-freshness>: how old the newest stored line is, always on the page.
 *
 * The platform's most common silent failure is that nothing arrives any more; this is where it shows.
 */
import { LitElement, css, html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import { age, t } from '../i18n';
import { formatBytes, formatCount, formatShort } from '../model/format';
import { STALE_MS } from '../state/status';
import { status } from '../state/context';
import { settings } from '../state/settings';
import { Watch } from '../state/store';
import { base } from '../styles/shared';
import './popup';

type Mood = 'good' | 'stale' | 'bad' | 'idle';

@customElement('pl-freshness')
export class Freshness extends LitElement {
  static override styles = [base, css`
    .pill { display: flex; align-items: center; gap: 7px; font-size: 12px; font-weight: 450; color: var(--text-2); }
    .pill span { max-width: 46ch; overflow: hidden; text-overflow: ellipsis; }
    .dot { width: 7px; height: 7px; border-radius: 50%; background: var(--unknown); flex: none; }
    .good .dot { background: #2fae7b; box-shadow: 0 0 0 3px rgb(47 174 123 / 18%); }
    .stale .dot { background: var(--warn); box-shadow: 0 0 0 3px color-mix(in srgb, var(--warn) 22%, transparent); }
    .bad .dot { background: var(--error); box-shadow: 0 0 0 3px color-mix(in srgb, var(--error) 22%, transparent); }
    .stale { color: var(--warn-text); } .bad { color: var(--error-text); }
    .panel { padding: 14px; display: grid; gap: 10px; width: 320px; max-width: 100%; }
    .warning { color: var(--warn-text); font-weight: 550; }
    .facts { color: var(--text-2); display: grid; gap: 2px; }
    ul { margin: 0; padding: 0; list-style: none; display: grid; gap: 6px; max-height: 240px; overflow: auto; }
    li { display: grid; gap: 1px; font-size: 12px; }
    .name { font-family: var(--mono); font-size: 11.5px; overflow-wrap: anywhere; }
    .lag { color: var(--text-3); } .failed { color: var(--error-text); }
    @media (max-width: 640px) { .pill span { max-width: 40vw; overflow: hidden; text-overflow: ellipsis; } }
  `];

  constructor() {
    super();
    new Watch(this, [status, settings]);
  }

  private summary(): [Mood, string] {
    const { status: now, error } = status.value;
    if (error) return ['bad', t('fresh.offline')];
    if (!now) return ['idle', t('fresh.unknown')];
    if (now.error) return ['bad', t('fresh.writing', { reason: now.error })];
    const ms = status.newestAge();
    if (ms === null) return ['idle', t('fresh.none')];
    return [ms > STALE_MS ? 'stale' : 'good', ms < 1000 ? t('fresh.now') : t('fresh.newest', { age: age(ms) })];
  }

  private details(): unknown {
    const { status: now, error } = status.value;
    const ms = status.newestAge();
    return html`<div class="panel">
      ${error ? html`<div class="failed">${error.code === 'unreachable' ? t('error.unreachable') : error.message}</div>` : nothing}
      ${ms !== null && ms > STALE_MS ? html`<div class="warning">${t('fresh.stale', { age: age(ms) })}</div>` : nothing}
      ${now ? html`<div class="facts num">
        <span>${t('fresh.stored', { count: formatCount(now.stored_lines) })}</span>
        ${now.buffered_bytes ? html`<span>${t('fresh.buffered', { bytes: formatBytes(now.buffered_bytes) })}</span>` : nothing}
        <span>${t('fresh.sources', { count: now.sources.length })}</span></div>
        ${(now.problems ?? []).map((problem) => html`<div class="failed">${problem}</div>`)}
        <ul>${now.sources.map((s) => html`<li>
          <span class="name">${s.kind} ${s.name}</span>
          ${s.lag_bytes ? html`<span class="lag num">${t('fresh.lag', { bytes: formatBytes(s.lag_bytes) })}</span>` : nothing}
          ${s.error ? html`<span class="failed">${s.error}</span>` : nothing}</li>`)}
          ${now.receivers.filter((r) => r.records || r.last_error).map((r) => html`<li class="receiver">
          <span class="name">${r.name} ${r.address}</span>
          <span class="lag num">${t('fresh.received', { count: formatCount(r.records), rate: formatShort(r.rate) })}</span>
          ${r.last_error ? html`<span class="failed">${r.last_error}</span>` : nothing}</li>`)}</ul>` : nothing}
    </div>`;
  }

  override render(): unknown {
    const [mood, text] = this.summary();
    return html`<pl-popup side="right" look="quiet small">
      <span slot="button" class="pill num ${mood}"><i class="dot"></i><span>${text}</span></span>
      ${this.details()}</pl-popup>`;
  }
}
