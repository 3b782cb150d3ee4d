/**
 * What both charts share: uPlot's life inside an element, the palette of the theme, sizes, drag to zoom.
 */
import { LitElement, type PropertyValues, css, unsafeCSS } from 'lit';
import uPlot from 'uplot';
import uplotCss from 'uplot/dist/uPlot.min.css?text';
import { type Span, formatTick } from '../model/time';
import { settings } from '../state/settings';
import { base } from '../styles/shared';

export const chartStyles = [base, unsafeCSS(uplotCss), css`
  :host { position: relative; min-width: 0; }
  .plot { width: 100%; }
  .u-select { background: color-mix(in srgb, var(--accent) 18%, transparent); }
  .u-cursor-x { border-right: 1px solid var(--text-3) !important; }
  .tip {
    position: absolute; z-index: 20; pointer-events: none; padding: 7px 10px; border-radius: 8px; font-size: 12px;
    background: var(--surface); border: 1px solid var(--line); box-shadow: var(--shadow); min-width: 130px; max-width: 340px;
  }
  .tip .when { color: var(--text-2); margin-bottom: 4px; white-space: nowrap; }
  .tip .item { display: flex; gap: 7px; align-items: center; }
  .tip .item span:nth-child(2) { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .tip .item b { margin-left: auto; padding-left: 12px; font-weight: 600; }
  .swatch { width: 8px; height: 8px; border-radius: 2px; background: var(--swatch); flex: none; }
`];

export abstract class ChartBase extends LitElement {
  protected plot: uPlot | null = null;
  private readonly sizes = new ResizeObserver(() => this.resize());

  /** Height of the drawing in CSS pixels. */
  protected abstract readonly height: number;
  protected abstract box(): HTMLElement | null;
  /** Options and data for the present state; null where there is nothing to draw. */
  protected abstract describe(): { options: Omit<uPlot.Options, 'width' | 'height'>; data: uPlot.AlignedData } | null;
  protected abstract hover(index: number | null, left: number): void;

  override connectedCallback(): void {
    super.connectedCallback();
    this.sizes.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sizes.disconnect();
    this.destroy();
  }

  private destroy(): void {
    this.plot?.destroy();
    this.plot = null;
  }

  private resize(): void {
    const box = this.box();
    if (this.plot && box && box.clientWidth) this.plot.setSize({ width: box.clientWidth, height: this.height });
  }

  protected override updated(_changed: PropertyValues): void {
    const box = this.box();
    if (!box) this.destroy();
  }

  protected draw(): void {
    const box = this.box();
    this.destroy();
    const described = this.describe();
    if (!box || !described || !box.clientWidth) return;
    const options = { ...described.options, width: box.clientWidth, height: this.height };
    this.plot = new uPlot(options, described.data, box);
  }

  protected snap(span: Span): Span {
    return span;
  }

  protected color(name: string): string {
    return getComputedStyle(this).getPropertyValue(`--${name}`).trim();
  }

  protected tzDate(): (seconds: number) => Date {
    return (seconds) => (settings.value.zone === 'utc'
      ? uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC') : new Date(seconds * 1000));
  }

  protected axis(extra: Partial<uPlot.Axis>): uPlot.Axis {
    const font = `11px ${this.color('sans')}`;
    const line = { stroke: this.color('line-soft'), width: 1 };
    return { stroke: this.color('text-3'), font, grid: line, ticks: { show: false }, ...extra };
  }

  protected zoomHooks(): uPlot.Hooks.Arrays {
    return {
      setSelect: [(u) => {
        if (u.select.width < 4) return;
        const at = (left: number): number => Math.round(u.posToVal(left, 'x') * 1000);
        const detail = this.snap({ startMs: at(u.select.left), endMs: at(u.select.left + u.select.width) });
        u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        this.dispatchEvent(new CustomEvent<Span>('zoom', { detail }));
      }],
      setCursor: [(u) => this.hover(u.cursor.idx ?? null, (u.cursor.left ?? 0) + (u.over.offsetLeft || 0))],
    };
  }
}

/** 24-hour clocks; the date where a day begins, or where ticks are days apart. */
export const timeTicks: uPlot.Axis.Values = (_u, splits, _axis, _space, increment) =>
  splits.map((seconds) => formatTick(seconds * 1000, increment, settings.value.zone));
