/** <pl-label-sidebar>: labels and their values with counts; a click narrows the query or widens it again. */
import { LitElement, type PropertyValues, css, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { levelName, t } from '../i18n';
import { formatCount, formatShort } from '../model/format';
import { type Field, fieldsOf } from '../model/fields';
import { normalizeLevel } from '../model/levels';
import type { LogLine } from '../model/lines';
import { type Facet, type Place, facetOf } from '../model/logql-edit';
import { explore, facets } from '../state/context';
import { type FacetData, type FacetValue, LEVEL, MOST, placeOf } from '../state/facets';
import { settings } from '../state/settings';
import { Watch } from '../state/store';
import { base, controls, levelColors } from '../styles/shared';
import { icon } from './icons';

const SHOWN = 8;

export interface FacetRequest extends FacetSource {
  readonly value: string;
  readonly exclude: boolean;
}

/** What a value belongs to: a label of the server, or a field of the lines that are shown. */
interface FacetSource {
  readonly name: string;
  readonly place: Place;
  readonly parser: 'json' | 'logfmt' | null;
}

const labelSource = (name: string): FacetSource => ({ name, place: placeOf(name), parser: null });

/** A chosen value that no line has now is still shown, so that it can be unchosen. */
function withChosen(values: readonly FacetValue[], facet: Facet): readonly FacetValue[] {
  const known = new Set(values.map((v) => v.value));
  const chosen = [...facet.included, ...facet.excluded].filter((value) => !known.has(value));
  return [...values, ...chosen.map((value) => ({ value, count: 0 }))];
}

@customElement('pl-label-sidebar')
export class LabelSidebar extends LitElement {
  /** The query the marks are for. */
  @property() query = '';
  @state() private search = '';
  @property({ attribute: false }) lines: readonly LogLine[] = [];
  @state() private whole: ReadonlySet<string> = new Set();
  @state() private openFields: ReadonlySet<string> = new Set();
  private fields: readonly Field[] = [];

  static override styles = [base, controls, levelColors, css`
    :host { display: flex; flex-direction: column; min-height: 0; background: var(--surface); border-right: 1px solid var(--line); }
    .find { position: relative; padding: 10px 10px 6px; }
    .find input { width: 100%; height: 28px; padding-left: 29px; font-size: 12px; background: var(--sunken); border-color: transparent; }
    .find svg { position: absolute; left: 18px; top: 16px; color: var(--text-3); }
    .scroll { overflow-y: auto; overflow-x: hidden; padding: 0 6px 16px; flex: 1; scrollbar-width: thin; }
    .label { width: 100%; justify-content: flex-start; gap: 5px; height: 27px; padding: 0 4px; border: 0; background: none; font-size: 12px; font-weight: 600; }
    .label svg { color: var(--text-3); transition: transform var(--ease); }
    .label[aria-expanded='true'] svg { transform: rotate(90deg); }
    .label .chosen { margin-left: auto; background: var(--accent); color: var(--on-accent); font-size: 10.5px; font-weight: 650; border-radius: 9px; padding: 0 6px; line-height: 16px; }
    ul { list-style: none; margin: 0 0 6px; padding: 0; }
    li { position: relative; display: flex; border-radius: 5px; }
    li:hover { background: var(--hover); }
    .value { flex: 1; min-width: 0; justify-content: flex-start; gap: 7px; height: 25px; padding: 0 8px 0 9px; border: 0; background: none; font-weight: 400; font-size: 12.5px; }
    .value:hover { background: none; }
    .value[aria-pressed='true'] { background: none; color: inherit; }
    .box { width: 13px; height: 13px; border: 1.3px solid var(--text-3); border-radius: 3.5px; display: grid; place-items: center; flex: none; color: var(--on-accent); opacity: .75; }
    .on .box { background: var(--accent); border-color: var(--accent); opacity: 1; }
    .not .box { background: var(--error); border-color: var(--error); opacity: 1; color: #fff; }
    .not .text { text-decoration: line-through; color: var(--text-3); }
    .on .text { font-weight: 550; }
    .swatch { width: 8px; height: 8px; border-radius: 2px; background: var(--level); flex: none; }
    .text { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .count { margin-left: auto; padding-left: 6px; color: var(--text-3); font-size: 11.5px; }
    .part { position: absolute; inset: 1px 0; border-radius: 5px; overflow: hidden; pointer-events: none; }
    .part i { display: block; height: 100%; background: var(--level, var(--accent)); opacity: .09; }
    .no { position: absolute; right: 2px; top: 1px; width: 24px; height: 23px; padding: 0; border: 0; background: var(--hover); color: var(--text-2); opacity: 0; }
    li:hover .no, .no:focus-visible { opacity: 1; }
    .no:hover { color: var(--error-text); background: var(--hover); }
    h2 { margin: 12px 0 2px; padding: 10px 4px 4px; border-top: 1px solid var(--line-soft); font-size: 11.5px; font-weight: 600; color: var(--text-3); }
    .label .count { padding-right: 4px; font-weight: 400; }
    .note { padding: 2px 9px 6px; color: var(--text-3); font-size: 12px; }
    .failed { color: var(--error-text); overflow-wrap: anywhere; }
    .all { height: 23px; padding: 0 9px; border: 0; background: none; color: var(--accent); font-size: 12px; }
    .skeleton { height: 12px; margin: 8px 9px; border-radius: 4px; background: var(--sunken); animation: breathe 1.2s ease-in-out infinite alternate; }
    @keyframes breathe { from { opacity: .5; } }
  `];

  constructor() {
    super();
    new Watch(this, [facets, settings]);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('lines')) this.fields = fieldsOf(this.lines);
  }

  private ask(source: FacetSource, value: string, exclude: boolean): void {
    const detail: FacetRequest = { ...source, value, exclude };
    this.dispatchEvent(new CustomEvent('facet', { detail }));
  }

  private value(source: FacetSource, item: FacetValue, top: number): unknown {
    const { name, place } = source;
    const chosen = facetOf(this.query, name, place);
    const on = chosen.included.includes(item.value);
    const not = chosen.excluded.includes(item.value);
    const level = name === LEVEL ? normalizeLevel(item.value) : '';
    const text = level ? levelName(item.value) : item.value;
    return html`<li class="${on ? 'on' : ''} ${not ? 'not' : ''} ${level}">
      <button class="value" aria-pressed=${on} title=${item.value} @click=${() => this.ask(source, item.value, not)}>
        <span class="box">${on ? icon('check', 11) : not ? icon('close', 10) : nothing}</span>
        ${level ? html`<i class="swatch"></i>` : nothing}<span class="text">${text}</span>
        ${item.count === null ? nothing : html`<span class="count num" title=${formatCount(item.count)}>${formatShort(item.count)}</span>`}
      </button>
      ${item.count ? html`<span class="part"><i .style=${`width:${Math.max(1, (item.count / top) * 100)}%`}></i></span>` : nothing}
      ${not ? nothing : html`<button class="no" title=${t('side.exclude', { value: item.value })} aria-label=${t('side.exclude', { value: item.value })}
        @click=${() => this.ask(source, item.value, true)}>${icon('exclude', 14)}</button>`}</li>`;
  }

  private values(name: string, data: FacetData | undefined): unknown {
    if (!data || (data.loading && !data.values.length)) return html`<div class="skeleton"></div><div class="skeleton"></div>`;
    if (data.error) return html`<div class="note failed" role="alert">${data.error.message}</div>`;
    return html`${this.list(labelSource(name), data.values)}
      ${data.uncounted ? html`<div class="note">${t('side.nocounts', { reason: data.uncounted })}</div>` : nothing}`;
  }

  private list(source: FacetSource, values: readonly FacetValue[]): unknown {
    const { name, place } = source;
    const whole = withChosen(values, facetOf(this.query, name, place));
    const listed = this.found(name) ? whole : whole.filter((v) => this.found(v.value));
    if (!listed.length) return html`<div class="note">${t('side.none')}</div>`;
    const top = Math.max(...listed.map((v) => v.count ?? 0), 1);
    const all = this.whole.has(name) || listed.length <= SHOWN + 1;
    const shown = listed.slice(0, all ? MOST : SHOWN);
    return html`<ul>${repeat(shown, (v) => v.value, (v) => this.value(source, v, top))}</ul>
      ${all && listed.length >= MOST ? html`<div class="note">${t('side.frequent', { count: MOST })}</div>` : nothing}
      ${listed.length > SHOWN + 1 ? html`<button class="all" @click=${() => this.toggleWhole(name)}>${all ? t('side.less') : t('side.more', { count: Math.min(listed.length, MOST) - SHOWN })}</button>` : nothing}`;
  }

  private toggleWhole(name: string): void {
    const whole = new Set(this.whole);
    if (!whole.delete(name)) whole.add(name);
    this.whole = whole;
  }

  private found(text: string): boolean {
    return text.toLowerCase().includes(this.search.trim().toLowerCase());
  }

  private heading(source: FacetSource, open: boolean, toggle: () => void, aside: unknown = nothing): unknown {
    const facet = facetOf(this.query, source.name, source.place);
    const chosen = facet.included.length + facet.excluded.length;
    return html`<button class="label" aria-expanded=${open} title=${source.name} @click=${toggle}>
      ${icon('chevron', 14)}<span class="text">${source.name}</span>${chosen ? html`<span class="chosen num">${chosen}</span>` : aside}</button>`;
  }

  private label(name: string): unknown {
    const open = facets.value.open.has(name);
    return html`<section>${this.heading(labelSource(name), open, () => facets.toggle(name, explore.value))}
      ${open ? this.values(name, facets.value.data[name]) : nothing}</section>`;
  }

  private field(field: Field): unknown {
    const open = this.openFields.has(field.name);
    const source: FacetSource = { name: field.name, place: 'pipeline', parser: field.parser };
    const aside = html`<span class="count num">${formatShort(field.values.length)}</span>`;
    const toggle = (): void => {
      const fields = new Set(this.openFields);
      if (!fields.delete(field.name)) fields.add(field.name);
      this.openFields = fields;
    };
    return html`<section>${this.heading(source, open, toggle, aside)}${open ? this.list(source, field.values) : nothing}</section>`;
  }

  override render(): unknown {
    const { names, error, data } = facets.value;
    const shown = names.filter((name) => this.found(name) || data[name]?.values.some((v) => this.found(v.value)));
    const fields = this.fields.filter((f) => f.name !== LEVEL && !names.includes(f.name))
      .filter((f) => this.found(f.name) || f.values.some((v) => this.found(v.value)));
    return html`
      <div class="find">${icon('search', 15)}<input type="search" .value=${this.search} placeholder=${t('side.search')} aria-label=${t('side.search')}
        @input=${(e: Event) => { this.search = (e.target as HTMLInputElement).value; }}></div>
      <div class="scroll" role="group" aria-label=${t('side.labels')}>
        ${error ? html`<div class="note failed" role="alert">${t('error.labels')}: ${error.code === 'unreachable' ? t('error.unreachable') : error.message}</div>` : nothing}
        ${shown.map((name) => this.label(name))}
        ${fields.length ? html`<h2>${t('side.fields')}</h2>${fields.map((field) => this.field(field))}` : nothing}
        ${names.length && !shown.length && !fields.length ? html`<div class="note">${t('side.nomatch')}</div>` : nothing}
      </div>`;
  }
}
