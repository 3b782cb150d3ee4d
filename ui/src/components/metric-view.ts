/** <pl-metric-view>: a metric query's answer: lines over time with a table of values, a table, or one number. */
import { type PropertyValues, css, html, nothing } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import uPlot from 'uplot';
import { t } from '../i18n';
import { formatCount, formatSample, formatShort } from '../model/format';
import { type SeriesSet, alignMatrix, vectorSeries } from '../model/series';
import { type Span, formatInstant } from '../model/time';
import type { Answer } from '../state/explore';
import { isDark, settings } from '../state/settings';
import { Watch } from '../state/store';
import { controls } from '../styles/shared';
import { ChartBase, timeTicks, chartStyles } from './chart-base';

const DRAWN = 60;
const LISTED = 500;
const PALETTE = ['#1fa08f', '#4a8fd6', '#d9962b', '#c25fa6', '#7c77d1', '#d9644a', '#5fa544', '#a07a4f', '#3fb3c9', '#8795a1'];

@customElement('pl-metric-view')
export class MetricView extends ChartBase {
  @property({ attribute: false }) answer!: Answer;
  @property({ attribute: false }) span!: Span;
  @property({ type: Boolean }) loading = false;
  @state() private off: ReadonlySet<number> = new Set();
  @state() private tip: { index: number; left: number } | null = null;
  @query('.plot') private readonly plotBox!: HTMLElement | null;
  protected readonly height = 300;
  private data: SeriesSet = { times: [], series: [], by: '' };
  private drawn = '';

  static override styles = [...chartStyles, controls, css`
    :host { padding: 12px 14px 24px; }
    .plot { height: 300px; margin-bottom: 14px; }
    .number { font-size: 44px; font-weight: 600; letter-spacing: -.02em; padding: 36px 10px; }
    .note { color: var(--warn-text); margin-bottom: 8px; font-size: 12px; }
    table { width: 100%; border-collapse: collapse; font-size: 12.5px; }
    th { text-align: right; font-weight: 600; color: var(--text-2); font-size: 12px; padding: 4px 10px; border-bottom: 1px solid var(--line); position: sticky; top: 0; background: var(--surface); }
    th:first-child, td:first-child { text-align: left; width: 100%; }
    td { padding: 0 10px; border-bottom: 1px solid var(--line-soft); text-align: right; white-space: nowrap; }
    td:first-child { padding: 0; max-width: 1px; }
    tr:hover td { background: var(--hover); }
    td button { width: 100%; justify-content: flex-start; height: 28px; border: 0; background: none; font: 400 12px var(--mono); overflow: hidden; }
    td button[aria-pressed], td button:hover { background: none; color: inherit; }
    td button span { overflow: hidden; text-overflow: ellipsis; }
    tr.off td { color: var(--text-3); } tr.off .swatch { opacity: .25; }
    .plain { display: block; padding: 5px 10px; font: 400 12px var(--mono); overflow: hidden; text-overflow: ellipsis; }
  `];

  constructor() {
    super();
    new Watch(this, [settings]);
  }

  protected box(): HTMLElement | null {
    return this.plotBox;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const { answer } = this;
    if (!changed.has('answer')) return;
    this.off = new Set();
    this.tip = null;
    if (answer.kind === 'matrix') this.data = alignMatrix(answer.data, this.span.startMs, this.span.endMs, answer.stepMs);
    if (answer.kind === 'vector') this.data = vectorSeries(answer.data);
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    const key = `${settings.value.zone} ${isDark()} ${[...this.off].join()}`;
    if (changed.has('answer') || key !== this.drawn) this.draw();
    this.drawn = key;
  }

  private colorOf(i: number): string {
    return PALETTE[i % PALETTE.length]!;
  }

  protected describe(): ReturnType<ChartBase['describe']> {
    if (this.answer.kind !== 'matrix' || !this.data.series.length) return null;
    const shown = this.data.series.slice(0, DRAWN);
    const series = shown.map((_s, i): uPlot.Series => ({
      stroke: this.colorOf(i), width: 1.6, show: !this.off.has(i), points: { size: 4 },
      fill: shown.length === 1 ? `${this.colorOf(i)}22` : undefined,
    }));
    return {
      data: [[...this.data.times], ...shown.map((s) => [...s.values])] as uPlot.AlignedData,
      options: {
        tzDate: this.tzDate(), legend: { show: false }, padding: [10, 18, 0, 0], series: [{}, ...series],
        cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 6 } },
        scales: { x: { range: () => [this.span.startMs / 1000, this.span.endMs / 1000] } },
        axes: [
          this.axis({ values: timeTicks, size: 26, gap: 6, space: 70 }),
          this.axis({ size: 54, gap: 6, values: (_u, ticks) => ticks.map(formatShort) }),
        ],
        hooks: this.zoomHooks(),
      },
    };
  }

  protected hover(index: number | null, left: number): void {
    const outside = (this.plot?.cursor.left ?? -1) < 0;
    this.tip = index === null || outside ? null : { index, left };
  }

  private tooltip(): unknown {
    const { tip, data: set } = this;
    if (!tip || this.answer.kind !== 'matrix') return nothing;
    const rows = set.series.slice(0, DRAWN).map((s, i) => ({ i, name: s.name, value: s.values[tip.index] }))
      .filter((r) => r.value !== null && r.value !== undefined && !this.off.has(r.i))
      .sort((a, b) => b.value! - a.value!).slice(0, 12);
    const place = tip.left > this.clientWidth * 0.6 ? `right:${this.clientWidth - tip.left + 4}px` : `left:${tip.left + 28}px`;
    return html`<div class="tip num" .style=${`top:24px;${place}`}><div class="when">${formatInstant(set.times[tip.index]! * 1000, settings.value.zone)}</div>
      ${rows.map((r) => html`<div class="item"><i class="swatch" .style=${`--swatch:${this.colorOf(r.i)}`}></i><span>${r.name}</span><b>${formatSample(r.value!)}</b></div>`)}</div>`;
  }

  private toggle(i: number): void {
    const off = new Set(this.off);
    if (!off.delete(i)) off.add(i);
    this.off = off;
  }

  private table(overTime: boolean): unknown {
    const { series, by } = this.data;
    const cell = (n: number): unknown => html`<td class="num">${formatSample(n)}</td>`;
    return html`<table><thead><tr><th scope="col">${by || t('metric.labels')} <span class="num">(${formatCount(series.length)})</span></th>
      ${overTime ? html`<th scope="col">${t('metric.min')}</th><th scope="col">${t('metric.max')}</th><th scope="col">${t('metric.latest')}</th>` : html`<th scope="col">${t('metric.value')}</th>`}</tr></thead>
      <tbody>${series.slice(0, LISTED).map((s, i) => html`<tr class=${this.off.has(i) ? 'off' : ''}>
        <td>${overTime && i < DRAWN ? html`<button aria-pressed=${!this.off.has(i)} title=${s.name} @click=${() => this.toggle(i)}><i class="swatch" .style=${`--swatch:${this.colorOf(i)}`}></i><span>${s.name}</span></button>`
          : html`<span class="plain" title=${s.name}>${s.name}</span>`}</td>
        ${overTime ? html`${cell(s.min)}${cell(s.max)}` : nothing}${cell(s.last)}</tr>`)}</tbody></table>
      ${series.length > LISTED ? html`<p class="note">${t('metric.listed', { count: LISTED, total: formatCount(series.length) })}</p>` : nothing}`;
  }

  override render(): unknown {
    const { answer } = this;
    if (answer.kind === 'scalar' && answer.data.resultType === 'scalar') {
      return html`<div class="number num">${formatSample(Number(answer.data.result[1]))}</div>`;
    }
    if (answer.kind === 'vector') return this.table(false);
    const total = this.data.series.length;
    return html`<div class="plot" role="img" aria-label=${t('metric.series', { count: total })}></div>
      ${total > DRAWN ? html`<div class="note">${t('metric.limited', { count: DRAWN, total: formatCount(total) })}</div>` : nothing}
      ${this.table(true)}${this.tooltip()}`;
  }
}
