/**
 * <pl-app>: the frame. Header on top, one page below. A later page is one entry in PAGES.
 */
import { LitElement, type TemplateResult, css, html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { type Key, t } from '../i18n';
import { change, isDark, settings } from '../state/settings';
import { Watch } from '../state/store';
import { base, controls } from '../styles/shared';
import './explore-page';
import './freshness';
import { icon, logo } from './icons';
import './settings-popup';

interface Page {
  readonly path: string;
  readonly title: Key;
  readonly draw: () => TemplateResult;
}

const PAGES: readonly Page[] = [
  { path: 'explore', title: 'nav.explore', draw: () => html`<pl-explore-page></pl-explore-page>` },
];

const pageNow = (): Page => PAGES.find((p) => location.hash.startsWith(`#/${p.path}`)) ?? PAGES[0]!;

@customElement('pl-app')
export class App extends LitElement {
  @state() private page = pageNow();

  static override styles = [base, controls, css`
    :host { display: grid; grid-template-rows: 46px minmax(0, 1fr); height: 100dvh; }
    header {
      display: flex; align-items: center; gap: 18px; padding: 0 12px 0 14px; background: var(--surface);
      border-bottom: 1px solid var(--line); position: relative; z-index: 30;
    }
    .brand { display: flex; align-items: center; gap: 9px; color: var(--text); text-decoration: none; font-weight: 650; font-size: 15px; letter-spacing: -.015em; }
    nav { display: flex; height: 100%; gap: 4px; }
    nav a {
      display: flex; align-items: center; padding: 0 10px; color: var(--text-2); text-decoration: none; font-weight: 500;
      border-bottom: 2px solid transparent; border-top: 2px solid transparent;
    }
    nav a[aria-current] { color: var(--text); border-bottom-color: var(--accent); }
    .right { margin-left: auto; display: flex; align-items: center; gap: 2px; }
    .right pl-freshness { margin-right: 10px; }
    .lang { font-size: 12px; padding: 0 8px; }
    @media (max-width: 560px) { header { gap: 8px; padding: 0 8px; } .brand span, .lang { display: none; } }
  `];

  constructor() {
    super();
    new Watch(this, [settings]);
    window.addEventListener('popstate', () => { this.page = pageNow(); });
  }

  override render(): unknown {
    const dark = isDark();
    document.title = `${t(this.page.title)} · Prologue`;
    return html`
      <header>
        <a class="brand" href="#/explore" aria-label="Prologue">${logo()}<span>Prologue</span></a>
        <nav aria-label=${t('nav.main')}>${PAGES.map((page) => html`
          <a href="#/${page.path}" aria-current=${page === this.page ? 'page' : nothing}>${t(page.title)}</a>`)}
        </nav>
        <div class="right">
          <pl-freshness></pl-freshness>
          <button class="quiet lang" title=${t('lang.switch')} aria-label=${t('lang.switch')}
            @click=${() => change({ language: settings.value.language === 'zh' ? 'en' : 'zh' })}>${t('lang.short')}</button>
          <button class="quiet icon theme" title=${t(dark ? 'theme.light' : 'theme.dark')} aria-label=${t(dark ? 'theme.light' : 'theme.dark')}
            @click=${() => change({ theme: dark ? 'light' : 'dark' })}>${icon(dark ? 'sun' : 'moon')}</button>
          <pl-settings></pl-settings>
        </div>
      </header>
      ${this.page.draw()}`;
  }
}
