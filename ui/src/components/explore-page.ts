/**
 * <pl-explore-page>: the question on top, labels at the side, the answer below. It joins what the parts
 * ask for (a facet, a filter, a range) to the one object that runs queries.
 */
import { LitElement, css, html, nothing } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { t } from '../i18n';
import type { Vocabulary } from '../editor/complete';
import { formatCount } from '../model/format';
import { asJson } from '../model/lines';
import { EVERYTHING, kindOf } from '../model/logql';
import { filterBy, filterByField, toggleFacet, withParser } from '../model/logql-edit';
import { type TimeRange, msToNs } from '../model/time';
import { api, explore, facets, status } from '../state/context';
import { readHistory } from '../state/history';
import { change, settings } from '../state/settings';
import { Watch } from '../state/store';
import { base, controls } from '../styles/shared';
import './first-run';
import { icon } from './icons';
import type { FacetRequest } from './label-sidebar';
import './label-sidebar';
import './live-view';
import type { FilterRequest } from './log-details';
import { pageStyles } from './page-styles';
import type { Popup } from './popup';
import './popup';
import type { QueryEditor } from './query-editor';
import './query-editor';
import type { Results } from './results';
import './results';
import './time-picker';
import { copy } from './toast';

@customElement('pl-explore-page')
export class ExplorePage extends LitElement {
  @query('pl-query-editor') private readonly editor!: QueryEditor;
  @query('.scroll') private readonly scroller!: HTMLElement | null;
  @state() private past: readonly string[] = [];
  private listed: unknown = null;
  private wasEmpty = false;

  static override styles = [base, controls, pageStyles, css``];

  constructor() {
    super();
    new Watch(this, [explore, settings, status]);
    this.addEventListener('filter-by', (event) => this.filter((event as CustomEvent<FilterRequest>).detail));
  }

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener('keydown', this.onKey);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener('keydown', this.onKey);
  }

  /** `/` goes to the query from anywhere that is not itself for typing. */
  private readonly onKey = (event: KeyboardEvent): void => {
    const typing = (event.composedPath()[0] as HTMLElement).closest?.('input, [contenteditable=true]');
    if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.editor.focus();
  };

  protected override updated(): void {
    const empty = this.nothingStored();
    if (this.wasEmpty && !empty) explore.ask({}, false);
    this.wasEmpty = empty;
    // The scrolling element exists only after the first render, and anew after live tail.
    const results = this.renderRoot.querySelector<Results>('pl-results');
    if (results) results.scroller = this.scroller;
    // One refresh of the labels for each span that is asked; live tail keeps the last one's.
    const { span, asked } = explore.value;
    const key = JSON.stringify([span, asked.query, settings.value.tenant]);
    if (key === this.listed || !settings.value.sidebar) return;
    this.listed = key;
    void facets.refresh(explore.value);
  }

  private readonly vocabulary: Vocabulary = {
    labels: async () => facets.value.names.length ? [...facets.value.names] : api.labels(...this.bounds()),
    values: (label) => api.labelValues(label, ...this.bounds()),
    fields: () => {
      const names = explore.value.lines.slice(0, 200).flatMap((l) => [...Object.keys(l.metadata), ...Object.keys(l.parsed)]);
      return [...new Set(names)].sort();
    },
  };

  private bounds(): [string, string] {
    return [msToNs(explore.value.span.startMs), msToNs(explore.value.span.endMs)];
  }

  private run(): void {
    explore.ask({ query: this.editor.text });
  }

  /** Clicks edit what stands in the editor, run or not, so that nothing typed is lost. */
  private edit(change: (query: string) => string): void {
    explore.ask({ query: change(this.editor.text.trim() || EVERYTHING) });
  }

  private facet(request: FacetRequest): void {
    const { name, place, parser, value, exclude } = request;
    this.edit((text) => toggleFacet(parser ? withParser(text, parser) : text, name, place, value, exclude));
  }

  private filter(request: FilterRequest): void {
    const { name, value, op, parser } = request;
    // A server that does not categorize merges metadata into the stream: only real labels go in a selector.
    const { names } = facets.value;
    const place = request.place === 'stream' && names.length && !names.includes(name) ? 'pipeline' : request.place;
    this.edit((text) => (parser ? filterByField(text, { name, value, op }, parser) : filterBy(text, name, place, value, op)));
  }

  private pickPast(text: string, event: Event): void {
    (event.target as HTMLElement).closest<Popup>('pl-popup')?.close();
    explore.ask({ query: text });
  }

  private download(): void {
    const text = explore.value.lines.map((line) => `${asJson(line)}\n`).join('');
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type: 'application/x-ndjson' }));
    link.download = `prologue-${new Date().toISOString().replace(/[:.]/g, '-')}.jsonl`;
    link.click();
    URL.revokeObjectURL(link.href);
  }

  private history(): unknown {
    return html`<pl-popup class="history" side="right" look="icon quiet" label=${t('query.history')} @open-popup=${() => { this.past = readHistory(); }}>
      <span slot="button">${icon('history')}</span>
      <div class="past">${this.past.length ? this.past.map((text) => html`<button @click=${(e: Event) => this.pickPast(text, e)}>${text}</button>`)
        : html`<p>${t('query.history.empty')}</p>`}</div></pl-popup>`;
  }

  private bar(): unknown {
    const { asked, span, loading, error } = explore.value;
    const typed = kindOf(asked.query);
    return html`<div class="bar">
      <button class="icon quiet side" aria-pressed=${settings.value.sidebar} title=${t('side.toggle')} aria-label=${t('side.toggle')}
        @click=${() => change({ sidebar: !settings.value.sidebar })}>${icon('sidebar')}</button>
      <div class="query"><pl-query-editor .value=${asked.query} .error=${error} .vocabulary=${this.vocabulary} @run=${() => this.run()}></pl-query-editor>
        ${this.history()}</div>
      <div class="acts">
        ${typed === 'metric' ? this.modes() : nothing}
        ${loading ? html`<button class="run" @click=${() => explore.cancel()}>${icon('stop', 14)}${t('query.cancel')}</button>`
          : html`<button class="primary run" @click=${() => this.run()}>${icon('play', 13)}${t('query.run')}</button>`}
        <button class="livebutton" aria-pressed=${asked.live} ?disabled=${typed === 'metric'}
          @click=${() => explore.ask({ live: !asked.live, query: this.editor.text })}>${icon(asked.live ? 'stop' : 'pulse', 15)}${t(asked.live ? 'query.live.stop' : 'query.live')}</button>
        <pl-time-picker .range=${asked.range} .span=${span} .busy=${loading} @pick=${(e: CustomEvent<TimeRange>) => explore.setRange(e.detail)}
          @refresh=${() => explore.ask({}, false)}></pl-time-picker>
      </div></div>
      ${error ? this.problem() : nothing}`;
  }

  private modes(): unknown {
    const { mode } = explore.value.asked;
    return html`<div class="segmented" role="group" aria-label=${t('query.type')}>
      <button aria-pressed=${mode === 'range'} @click=${() => explore.ask({ mode: 'range' })}>${t('query.range')}</button>
      <button aria-pressed=${mode === 'instant'} @click=${() => explore.ask({ mode: 'instant' })}>${t('query.instant')}</button></div>`;
  }

  private problem(): unknown {
    const error = explore.value.error!;
    if (error.code === 'unreachable') return nothing;
    const { position } = error;
    return html`<div class="problem" role="alert">${icon('warning')}<div><b>${error.message}</b>
      ${position ? html`<span class="where num">${t('error.at', { line: position.line, column: position.column })}</span>` : nothing}
      ${error.cure ? html`<div>${error.cure}</div>` : nothing}</div></div>`;
  }

  private tools(): unknown {
    const { lines, volume, asked } = explore.value;
    const newest = asked.direction === 'backward';
    const shown = formatCount(lines.length);
    return html`<div class="tools" slot="tools">
      <span class="num">${volume && volume.total >= lines.length ? t('list.shown', { shown, total: formatCount(volume.total) }) : t('list.count', { shown })}</span>
      <button class="small quiet push" @click=${() => explore.ask({ direction: newest ? 'forward' : 'backward' })}>${icon('sort', 14)}${t(newest ? 'list.newest' : 'list.oldest')}</button>
      ${this.wrapButton()}
      <button class="small quiet icon" title=${t('query.share')} aria-label=${t('query.share')} @click=${() => void copy(location.href)}>${icon('link', 15)}</button>
      <button class="small quiet icon" title=${t('list.download')} aria-label=${t('list.download')} ?disabled=${!lines.length} @click=${() => this.download()}>${icon('download', 15)}</button></div>`;
  }

  private wrapButton(): unknown {
    const { wrap } = settings.value;
    return html`<button class="small quiet" aria-pressed=${wrap} @click=${() => change({ wrap: !wrap })}>${icon('wrap', 14)}${t('list.wrap')}</button>`;
  }

  private nothingStored(): boolean {
    return status.value.status?.stored_lines === 0 && !explore.value.lines.length;
  }

  private answer(): unknown {
    const { asked, answer } = explore.value;
    if (asked.live && kindOf(asked.query) !== 'metric') return html`<pl-live-view class="main" .query=${asked.query}></pl-live-view>`;
    const { wrap, zone, language } = settings.value;
    return html`<main class="main scroll">${this.nothingStored() && !explore.value.error ? html`<pl-first-run></pl-first-run>` : html`
      <pl-results .state=${explore.value} .prefs=${`${wrap} ${zone} ${language}`}>
        ${answer.kind === 'lines' ? this.tools() : nothing}</pl-results>`}</main>`;
  }

  override render(): unknown {
    const { sidebar } = settings.value;
    return html`${this.bar()}
      <div class="body ${sidebar ? 'with-side' : ''}">
        ${sidebar ? html`<pl-label-sidebar .query=${explore.value.asked.query} .lines=${explore.value.lines} @facet=${(e: CustomEvent<FacetRequest>) => this.facet(e.detail)}></pl-label-sidebar>
          <button class="scrim" aria-label=${t('side.close')} @click=${() => change({ sidebar: false })}></button>` : nothing}
        ${this.answer()}</div>`;
  }
}
