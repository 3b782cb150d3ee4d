/** <pl-settings>: tenant, theme, time zone and language, in a popup of the header. */
import { LitElement, css, html } from 'lit';
import { customElement } from 'lit/decorators.js';
import { type Key, t } from '../i18n';
import { explore, status } from '../state/context';
import { type Settings, change, settings } from '../state/settings';
import { Watch } from '../state/store';
import { base, controls } from '../styles/shared';
import { icon } from './icons';
import './popup';

@customElement('pl-settings')
export class SettingsPopup extends LitElement {
  static override styles = [base, controls, css`
    .panel { width: 300px; max-width: 100%; padding: 14px; display: grid; gap: 14px; }
    .row { display: grid; gap: 6px; }
    .row > span, label { font-weight: 550; }
    small { color: var(--text-2); font-size: 12px; }
    .segmented { display: flex; }
    .segmented button { flex: 1; }
    footer { display: flex; justify-content: space-between; color: var(--text-3); font-size: 12px; border-top: 1px solid var(--line-soft); padding-top: 10px; }
  `];

  constructor() {
    super();
    new Watch(this, [settings, status]);
  }

  private choice<K extends keyof Settings>(key: K, title: Key, options: ReadonlyArray<readonly [Settings[K], string]>): unknown {
    return html`<div class="row" role="group" aria-label=${t(title)}>
      <span>${t(title)}</span>
      <div class="segmented small">${options.map(([value, text]) => html`
        <button class="small" aria-pressed=${settings.value[key] === value}
          @click=${() => change({ [key]: value } as Partial<Settings>)}>${text}</button>`)}
      </div></div>`;
  }

  private setTenant(event: Event): void {
    const tenant = (event.target as HTMLInputElement).value.trim();
    if (tenant === settings.value.tenant) return;
    change({ tenant });
    explore.ask({}, false);
  }

  override render(): unknown {
    return html`<pl-popup side="right" look="quiet icon" label=${t('settings.title')}>
      <span slot="button">${icon('settings')}</span>
      <div class="panel">
        <div class="row">
          <label for="tenant">${t('settings.tenant')}</label>
          <input id="tenant" .value=${settings.value.tenant} placeholder="default" autocomplete="off" spellcheck="false"
            @change=${(e: Event) => this.setTenant(e)}>
          <small>${t('settings.tenant.help')}</small>
        </div>
        ${this.choice('theme', 'settings.theme', [
          ['auto', t('settings.theme.auto')], ['light', t('settings.theme.light')], ['dark', t('settings.theme.dark')]])}
        ${this.choice('zone', 'settings.zone', [['local', t('settings.zone.local')], ['utc', t('settings.zone.utc')]])}
        ${this.choice('language', 'settings.language', [['en', 'English'], ['zh', '简体中文']])}
        <footer><span>${t('settings.version', { version: status.value.status?.version ?? '…' })}</span>
          <a href="licenses.txt" target="_blank" rel="noopener">${t('settings.licenses')}</a></footer>
      </div></pl-popup>`;
  }
}
