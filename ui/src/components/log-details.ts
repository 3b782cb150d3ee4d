/**
 * <pl-log-details>: everything known of one line, each value a click away from a filter.
 */
import { LitElement, css, html, unsafeCSS } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { t } from '../i18n';
import { stripAnsi } from '../model/ansi';
import { extractFields, isJson, prettyJson } from '../model/line-text';
import { type Labels, type LogLine, asJson } from '../model/lines';
import type { Place } from '../model/logql-edit';
import { formatNs } from '../model/time';
import { base, controls } from '../styles/shared';
import { icon } from './icons';
import './log-context';
import { type RowLook, ansiStyles, drawText, rowStyles } from './log-row';
import { copy } from './toast';

/** Asks the page to narrow the query; `parser` where the field shows only behind one. */
export interface FilterRequest {
  readonly name: string;
  readonly value: string;
  readonly op: '=' | '!=';
  readonly place: Place;
  readonly parser?: 'json' | 'logfmt';
}

interface Group {
  readonly title: string;
  readonly labels: Labels;
  readonly place: Place;
  readonly parser?: 'json' | 'logfmt';
}

@customElement('pl-log-details')
export class LogDetails extends LitElement {
  @property({ attribute: false }) line!: LogLine;
  @property({ attribute: false }) look!: RowLook;
  @state() private context = false;

  static override styles = [base, controls, rowStyles, unsafeCSS(ansiStyles), css`
    :host { position: relative; background: var(--raised); border-top: 1px solid var(--line-soft); border-bottom: 1px solid var(--line-soft); padding: 10px 14px 12px 30px; }
    :host::before { content: ''; position: absolute; left: 5px; top: 0; bottom: 0; width: 3px; background: var(--level, var(--unknown)); opacity: .45; }
    .bar { display: flex; flex-wrap: wrap; align-items: center; gap: 6px; margin-bottom: 8px; }
    .stamp { font: 12px var(--mono); color: var(--text-2); margin-right: auto; }
    pre { margin: 0 0 12px; padding: 9px 12px; max-height: 320px; overflow: auto; background: var(--surface); border: 1px solid var(--line-soft); border-radius: var(--radius); font: 12px/19px var(--mono); font-variant-ligatures: none; white-space: pre-wrap; overflow-wrap: anywhere; }
    .groups { columns: 370px 3; column-gap: 28px; }
    section { padding-bottom: 12px; }
    h4 { margin: 0 0 3px; break-after: avoid; font-size: 11.5px; font-weight: 600; color: var(--text-2); }
    dl { margin: 0; }
    .field { break-inside: avoid; display: grid; grid-template-columns: minmax(116px, max-content) minmax(0, 1fr) auto; column-gap: 14px; align-items: start; padding: 2px 4px 2px 6px; margin-left: -6px; border-radius: 5px; font: 12px/20px var(--mono); }
    .field:hover, .field:focus-within { background: var(--sunken); }
    dt { color: var(--key); max-width: 210px; overflow-wrap: anywhere; }
    dd { margin: 0; overflow-wrap: anywhere; white-space: pre-wrap; max-height: 160px; overflow: auto; }
    .acts { display: flex; gap: 0; opacity: .0; transition: opacity var(--ease); }
    .field:hover .acts, .field:focus-within .acts { opacity: 1; }
    .acts button { width: 22px; height: 20px; padding: 0; border: 0; background: none; color: var(--text-3); }
    .acts button:hover { color: var(--accent); }
    @media (hover: none) { .acts { opacity: 1; } }
    @media (max-width: 560px) { :host { padding-left: 18px; padding-right: 10px; } }
  `];

  private groups(): Group[] {
    const { stream, metadata, parsed, text } = this.line;
    const groups: Group[] = [
      { title: t('details.stream'), labels: stream, place: 'stream' },
      { title: t('details.metadata'), labels: metadata, place: 'pipeline' },
      { title: t('details.parsed'), labels: parsed, place: 'pipeline' },
    ];
    const found = Object.keys(parsed).length ? null : extractFields(stripAnsi(text));
    if (found) {
      groups.push({
        title: t('details.fields', { parser: found.parser }), labels: found.fields, place: 'pipeline', parser: found.parser,
      });
    }
    return groups.filter((group) => Object.keys(group.labels).length);
  }

  private request(group: Group, name: string, value: string, op: '=' | '!='): void {
    const detail: FilterRequest = { name, value, op, place: group.place, parser: group.parser };
    this.dispatchEvent(new CustomEvent('filter-by', { detail, bubbles: true, composed: true }));
  }

  private field(group: Group, name: string, value: string): unknown {
    const act = (title: string, picture: 'include' | 'exclude' | 'copy', run: () => void): unknown =>
      html`<button title=${title} aria-label=${title} @click=${run}>${icon(picture, 14)}</button>`;
    return html`<div class="field"><dt>${name}</dt><dd>${value}</dd><div class="acts">
      ${act(t('details.include', { name }), 'include', () => this.request(group, name, value, '='))}
      ${act(t('details.exclude', { name }), 'exclude', () => this.request(group, name, value, '!='))}
      ${act(t('details.copy'), 'copy', () => void copy(value))}</div></div>`;
  }

  private body(): string {
    const { text } = this.line;
    return isJson(text) && text.length < 20_000 ? prettyJson(text) : text;
  }

  override render(): unknown {
    const { line, look } = this;
    return html`
      <div class="bar">
        <span class="stamp">${formatNs(line.ts, look.zone)}</span>
        <button class="small" aria-pressed=${this.context} @click=${() => { this.context = !this.context; }}>${icon('context', 14)}${t(this.context ? 'details.context.hide' : 'details.context')}</button>
        <button class="small" @click=${() => void copy(line.text)}>${icon('copy', 14)}${t('details.copyline')}</button>
        <button class="small" @click=${() => void copy(asJson(line, 2))}>${t('details.copyjson')}</button>
      </div>
      ${this.context ? html`<pl-log-context .line=${line} .look=${look}></pl-log-context>`
        : html`<pre tabindex="0">${drawText(this.body(), look.patterns)}</pre>`}
      <div class="groups">${this.groups().map((group) => html`<section><h4>${group.title}</h4>
        <dl>${Object.entries(group.labels).sort(([a], [b]) => a.localeCompare(b)).map(([name, value]) => this.field(group, name, value))}</dl></section>`)}
      </div>`;
  }
}
