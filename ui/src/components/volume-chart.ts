/**
 * <pl-volume-chart>: how many lines, by level, over time. Drag to zoom, click a level to hide it.
 */
import { type PropertyValues, css, html, nothing } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import uPlot from 'uplot';
import type { ApiError } from '../api/client';
import { levelName, t } from '../i18n';
import { formatCount, formatShort } from '../model/format';
import { LEVELS, type Level } from '../model/levels';
import { type Span, formatDuration, formatInstant } from '../model/time';
import { isDark, settings } from '../state/settings';
import { Watch } from '../state/store';
import type { Volume } from '../state/volume';
import { controls, levelColors } from '../styles/shared';
import { ChartBase, timeTicks, chartStyles } from './chart-base';

/** Stacked from the bottom: the worst on the time axis, where its height can be read. */
const STACK = LEVELS;

@customElement('pl-volume-chart')
export class VolumeChart extends ChartBase {
  @property({ attribute: false }) volume: Volume | null = null;
  @property({ attribute: false }) error: ApiError | null = null;
  @property({ type: Boolean }) loading = false;
  @property({ attribute: false }) hiddenLevels: ReadonlySet<Level> = new Set();
  @state() private tip: { index: number; left: number } | null = null;
  @query('.plot') private readonly plotBox!: HTMLElement | null;
  protected readonly height = 104;

  static override styles = [...chartStyles, controls, levelColors, css`
    .head { display: flex; align-items: center; gap: 4px 10px; flex-wrap: wrap; min-height: 24px; padding: 0 2px 2px; }
    h2 { margin: 0; font-size: 12px; font-weight: 600; color: var(--text-2); }
    .total { color: var(--text-2); font-size: 12px; }
    .legend { display: flex; flex-wrap: wrap; gap: 2px; margin-left: auto; }
    .legend button { height: 22px; padding: 0 7px; font-size: 12px; font-weight: 450; border-color: transparent; background: none; color: var(--text-2); gap: 5px; }
    .legend button:hover { background: var(--hover); color: var(--text); }
    .legend button .swatch { --swatch: var(--level); }
    .legend button.off { opacity: .45; text-decoration: line-through; }
    .legend b { font-weight: 600; color: var(--text); }
    .plot { height: 104px; transition: opacity var(--ease); }
    .plot.stale { opacity: .45; }
    .blank { position: absolute; inset: 24px 0 0; display: grid; place-items: center; color: var(--text-3); font-size: 12px; pointer-events: none; }
    .failed { color: var(--warn-text); pointer-events: auto; padding: 0 20px; text-align: center; }
  `];

  constructor() {
    super();
    new Watch(this, [settings]);
  }

  protected box(): HTMLElement | null {
    return this.plotBox;
  }

  private drawn = '';
  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    const key = `${settings.value.zone} ${isDark()} ${settings.value.language}`;
    if (changed.has('volume') || changed.has('hiddenLevels') || key !== this.drawn) this.draw();
    this.drawn = key;
  }

  private levels(): Level[] {
    return STACK.filter((level) => this.volume?.counts[level] && !this.hiddenLevels.has(level));
  }

  protected describe(): ReturnType<ChartBase['describe']> {
    const volume = this.volume;
    if (!volume) return null;
    const levels = this.levels();
    const sums = new Array<number>(volume.times.length).fill(0);
    const stacked = levels.map((level) => volume.counts[level]!.map((n, i) => (sums[i]! += n)));
    // The tallest first: each shorter stack is painted over it, so only its own level's part shows.
    const order = levels.map((_, i) => i).reverse();
    const bars = uPlot.paths.bars!({ size: [0.82, 40], align: 1, radius: 0, gap: 0 });
    const series: uPlot.Series[] = order.map((i) => {
      const color = this.color(levels[i]!);
      return { paths: bars, fill: color, stroke: color, width: 0, points: { show: false } };
    });
    const times = volume.times.map((ms) => ms / 1000);
    const end = times.at(-1)! + volume.stepMs / 1000;
    return {
      data: [times, ...order.map((i) => stacked[i]!)] as uPlot.AlignedData,
      options: {
        tzDate: this.tzDate(), legend: { show: false }, padding: [6, 18, 0, 0],
        cursor: { y: false, drag: { x: true, y: false, setScale: false }, points: { show: false } },
        scales: { x: { range: () => [times[0]!, end] }, y: { range: (_u, _min, max) => [0, Math.max(1, max)] } },
        axes: [
          this.axis({ values: timeTicks, size: 22, gap: 4, space: 70, grid: { show: false } }),
          this.axis({ size: 44, gap: 6, space: 28, values: (_u, ticks) => ticks.map((n) => (Number.isInteger(n) ? formatShort(n) : '')) }),
        ],
        series: [{}, ...series],
        hooks: this.zoomHooks(),
      },
    };
  }

  /** Whole buckets: a bar is in or out. */
  protected override snap(span: Span): Span {
    const step = this.volume?.stepMs ?? 1;
    return { startMs: Math.floor(span.startMs / step) * step, endMs: Math.ceil(span.endMs / step) * step };
  }

  protected hover(_index: number | null, left: number): void {
    const volume = this.volume;
    if (!volume || !this.plot || this.plot.cursor.left === undefined || this.plot.cursor.left < 0) {
      this.tip = null;
      return;
    }
    const ms = this.plot.posToVal(this.plot.cursor.left, 'x') * 1000;
    const index = Math.floor((ms - volume.times[0]!) / volume.stepMs);
    this.tip = index >= 0 && index < volume.times.length ? { index, left } : null;
  }

  private tooltip(): unknown {
    const { volume, tip } = this;
    if (!volume || !tip) return nothing;
    const flip = tip.left > this.clientWidth * 0.6;
    const zone = settings.value.zone;
    const from = formatInstant(volume.times[tip.index]!, zone);
    const to = formatInstant(volume.times[tip.index]! + volume.stepMs, zone).slice(11);
    const rows = this.levels().filter((level) => volume.counts[level]![tip.index]);
    const place = flip ? `right:${this.clientWidth - tip.left + 14}px` : `left:${tip.left + 14}px`;
    return html`<div class="tip num" .style=${`top:30px;${place}`}>
      <div class="when">${from} – ${to}</div>
      ${rows.map((level) => html`<div class="item ${level}"><i class="swatch" .style=${'--swatch:var(--level)'}></i>
        <span>${levelName(level)}</span><b>${formatCount(volume.counts[level]![tip.index]!)}</b></div>`)}
      ${rows.length ? nothing : html`<div class="item">0</div>`}</div>`;
  }

  private legend(volume: Volume): unknown {
    return html`<div class="legend" role="group">${LEVELS.filter((level) => volume.counts[level]).map((level) => {
      const off = this.hiddenLevels.has(level);
      return html`<button class="${level} ${off ? 'off' : ''}" aria-pressed=${!off}
        title=${t('level.toggle', { level: levelName(level) })}
        @click=${() => this.dispatchEvent(new CustomEvent<Level>('level', { detail: level }))}>
        <i class="swatch"></i>${levelName(level)} <b class="num">${formatCount(volume.totals[level] ?? 0)}</b></button>`;
    })}</div>`;
  }

  override render(): unknown {
    const { volume } = this;
    return html`
      <div class="head"><h2>${t('volume.title')}</h2>
        ${volume ? html`<span class="total num">${t('list.count', { shown: formatCount(volume.total) })} · ${t('volume.bucket', { step: formatDuration(volume.stepMs) })}</span>` : nothing}
        ${volume ? this.legend(volume) : nothing}</div>
      <div class="plot ${this.loading ? 'stale' : ''}" role="img" aria-label=${t('volume.title')} title=""></div>
      ${this.error ? html`<div class="blank failed" role="alert"><span>${t('error.volume')}: ${this.error.message} ${this.error.cure}</span></div>`
        : volume && !volume.total && !this.loading ? html`<div class="blank">${t('volume.empty')}</div>` : nothing}
      ${this.tooltip()}`;
  }
}
