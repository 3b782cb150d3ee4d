/**
 * <pl-results>: the answer, whatever it is: lines, a chart, a table, nothing, or an error. Each has its
 * own face; an error never looks like an empty result.
 */
import { LitElement, type PropertyValues, css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { age, rangeName, t } from '../i18n';
import { formatCount } from '../model/format';
import { termPattern } from '../model/line-text';
import { type LogLine, serviceCount } from '../model/lines';
import { lineTerms, nodesOf } from '../model/logql';
import { type Span, absoluteRange, formatInstant, quickName, widerRange } from '../model/time';
import { explore, status } from '../state/context';
import type { ExploreState } from '../state/explore';
import { settings } from '../state/settings';
import { base, controls } from '../styles/shared';
import { icon } from './icons';
import './log-list';
import type { RowLook } from './log-row';
import './metric-view';
import './volume-chart';

@customElement('pl-results')
export class Results extends LitElement {
  @property({ attribute: false }) state!: ExploreState;
  @property({ attribute: false }) scroller: HTMLElement | null = null;
  @property() prefs = '';
  private look!: RowLook;
  private shown: readonly LogLine[] = [];
  private readonly ends = new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting)) void explore.loadMore();
  }, { rootMargin: '600px 0px' });

  static override styles = [base, controls, css`
    .volume { padding: 8px 14px 4px; background: var(--surface); border-bottom: 1px solid var(--line); }
    .lines { background: var(--surface); min-height: 60vh; transition: opacity var(--ease); }
    .stale { opacity: .5; }
    .end { display: flex; align-items: center; justify-content: center; gap: 10px; min-height: 44px; color: var(--text-3); font-size: 12px; padding: 6px 14px 18px; text-align: center; }
    .end .failed { color: var(--error-text); }
    .state { display: grid; justify-items: center; gap: 6px; text-align: center; padding: 56px 24px; }
    .state h2 { margin: 6px 0 0; font-size: 16px; font-weight: 620; letter-spacing: -.01em; }
    .state p { margin: 0; color: var(--text-2); max-width: 62ch; overflow-wrap: anywhere; }
    .state .acts { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 12px; justify-content: center; }
    .state > svg { color: var(--text-3); }
    .state.failed > svg { color: var(--error); }
    .state code { font: 12.5px var(--mono); }
    .loading { display: grid; gap: 9px; padding: 14px 18px; }
    .loading i { height: 11px; border-radius: 4px; background: var(--sunken); animation: breathe 1.1s ease-in-out infinite alternate; }
    .loading i:nth-child(3n) { width: 62%; } .loading i:nth-child(3n + 1) { width: 88%; } .loading i:nth-child(3n + 2) { width: 75%; }
    @keyframes breathe { from { opacity: .45; } }
  `];

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.ends.disconnect();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const { lines, span, asked, hiddenLevels } = this.state;
    const before = changed.get('state');
    if (before && before.lines === lines && before.hiddenLevels === hiddenLevels && before.asked === asked && !changed.has('prefs')) return;
    this.shown = hiddenLevels.size ? lines.filter((line) => !hiddenLevels.has(line.level)) : lines;
    this.look = {
      patterns: lineTerms(asked.query).flatMap((term) => termPattern(term) ?? []),
      wrap: settings.value.wrap, zone: settings.value.zone,
      withDay: formatInstant(span.startMs, settings.value.zone).slice(0, 10) !== formatInstant(span.endMs, settings.value.zone).slice(0, 10),
      withService: serviceCount(lines) > 1,
    };
  }

  protected override updated(): void {
    this.ends.disconnect();
    const end = this.renderRoot.querySelector('.end');
    if (end && this.state.hasMore && !this.state.loadingMore && !this.state.moreError) this.ends.observe(end);
  }

  private errorFace(): unknown {
    const error = this.state.error!;
    const gone = error.code === 'unreachable';
    return html`<div class="state failed" role="alert">${icon('warning', 30)}
      <h2>${gone ? t('error.unreachable') : t('error.title')}</h2>
      <p>${t(gone ? 'error.unreachable.cure' : 'error.above')}</p>
      <div class="acts"><button @click=${() => explore.ask({}, false)}>${icon('refresh')}${t('error.retry')}</button></div></div>`;
  }

  private cancelledFace(): unknown {
    return html`<div class="state">${icon('stop', 30)}<h2>${t('cancelled.title')}</h2>
      <div class="acts"><button @click=${() => explore.ask({}, false)}>${icon('refresh')}${t('error.retry')}</button></div></div>`;
  }

  private emptyFace(title: string): unknown {
    const { asked, span } = this.state;
    const zone = settings.value.zone;
    const wider = widerRange(asked.range, span);
    const quick = quickName(wider);
    const newest = status.newestAge();
    const filtered = nodesOf(asked.query, 'PipelineStage').length > 0;
    return html`<div class="state">${icon('search', 30)}<h2>${title}</h2>
      <p>${t('empty.range', { from: formatInstant(span.startMs, zone), to: formatInstant(span.endMs, zone) })}
        ${newest !== null && newest > span.endMs - span.startMs ? t('empty.newest', { age: age(newest) }) : nothing}</p>
      <div class="acts">
        <button class="primary" @click=${() => explore.setRange(wider)}>${icon('zoomout')}${quick ? t('empty.widen', { range: rangeName(quick) }) : t('empty.widen.absolute')}</button>
        ${filtered ? html`<button @click=${() => explore.ask({ query: asked.query.slice(0, nodesOf(asked.query, 'Selector')[0]?.to) })}>${t('empty.filters')}</button>` : nothing}
      </div></div>`;
  }

  private endFace(): unknown {
    const { loadingMore, hasMore, moreError, crowded, lines, asked } = this.state;
    const forward = asked.direction === 'forward';
    if (moreError) {
      return html`<div class="end"><span class="failed" role="alert">${moreError.message} ${moreError.cure}</span>
        <button class="small" @click=${() => void explore.loadMore()}>${t('error.retry')}</button></div>`;
    }
    if (crowded) return html`<div class="end"><span>${t('list.samens', { count: formatCount(5000) })}</span></div>`;
    if (loadingMore) return html`<div class="end" role="status">${t('list.loading')}…</div>`;
    if (hasMore) return html`<div class="end"><button class="small" @click=${() => void explore.loadMore()}>${t(forward ? 'list.loadmore.forward' : 'list.loadmore')}</button></div>`;
    return html`<div class="end">${lines.length - this.shown.length ? t('list.hidden', { count: formatCount(lines.length - this.shown.length) })
      : t(forward ? 'list.end.forward' : 'list.end')}</div>`;
  }

  private linesFace(): unknown {
    const { lines, loading } = this.state;
    if (loading && !lines.length) return html`<div class="loading" role="status" aria-label=${t('list.loading')}>${Array.from({ length: 14 }, () => html`<i></i>`)}</div>`;
    if (!lines.length && this.state.cancelled) return this.cancelledFace();
    if (!lines.length) return this.emptyFace(t('empty.title'));
    return html`<div class="lines ${loading ? 'stale' : ''}">
      <pl-log-list .lines=${this.shown} .look=${this.look} .scroller=${this.scroller}></pl-log-list>${this.endFace()}</div>`;
  }

  private metricFace(): unknown {
    const { answer, span, loading } = this.state;
    const empty = (answer.kind === 'matrix' || answer.kind === 'vector') && !answer.data.result.length;
    if (empty) return this.emptyFace(t('empty.metric'));
    return html`<div class="lines ${loading ? 'stale' : ''}"><pl-metric-view .answer=${answer} .span=${span}
      @zoom=${(e: CustomEvent<Span>) => explore.setRange(absoluteRange(e.detail))}></pl-metric-view></div>`;
  }

  override render(): unknown {
    const { state } = this;
    if (state.error) return this.errorFace();
    if (state.answer.kind !== 'lines' && state.answer.kind !== 'none') return this.metricFace();
    const counted = state.volume ?? state.volumeError ?? state.volumeLoading;
    return html`${counted ? html`<div class="volume"><pl-volume-chart .volume=${state.volume} .error=${state.volumeError}
        .loading=${state.volumeLoading} .hiddenLevels=${state.hiddenLevels}
        @level=${(e: CustomEvent) => explore.toggleLevel(e.detail)}
        @zoom=${(e: CustomEvent<Span>) => explore.setRange(absoluteRange(e.detail))}></pl-volume-chart></div>` : nothing}
      <slot name="tools"></slot>
      ${this.linesFace()}`;
  }
}
