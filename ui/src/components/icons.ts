/** Our own icons: 16 units square, one stroke width, drawn for this page. */
import { type SVGTemplateResult, svg } from 'lit';
import { html, type TemplateResult } from 'lit';

const PATHS = {
  play: svg`<path d="M5 3.5v9l7-4.5z" fill="currentColor" stroke-linejoin="round"/>`,
  stop: svg`<rect x="4" y="4" width="8" height="8" rx="1.5" fill="currentColor"/>`,
  clock: svg`<circle cx="8" cy="8" r="5.75"/><path d="M8 4.75V8l2.25 1.5"/>`,
  refresh: svg`<path d="M13.2 8A5.2 5.2 0 1 1 11.6 4.2"/><path d="M13.4 2.2v2.9h-2.9"/>`,
  chevron: svg`<path d="m6 4 4 4-4 4"/>`,
  down: svg`<path d="m4 6 4 4 4-4"/>`,
  up: svg`<path d="m4 10 4-4 4 4"/>`,
  left: svg`<path d="m10 4-4 4 4 4"/>`,
  close: svg`<path d="m4 4 8 8M12 4l-8 8"/>`,
  search: svg`<circle cx="7" cy="7" r="4.25"/><path d="m10.2 10.2 3.3 3.3"/>`,
  sidebar: svg`<rect x="2" y="3" width="12" height="10" rx="2"/><path d="M6.25 3v10"/>`,
  settings: svg`<circle cx="8" cy="8" r="1.9"/><path d="M8 1.8v1.7M8 12.5v1.7M1.8 8h1.7M12.5 8h1.7M3.6 3.6l1.2 1.2M11.2 11.2l1.2 1.2M3.6 12.4l1.2-1.2M11.2 4.8l1.2-1.2"/>`,
  sun: svg`<circle cx="8" cy="8" r="2.75"/><path d="M8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9"/>`,
  moon: svg`<path d="M13.4 9.6A5.8 5.8 0 0 1 6.4 2.6a5.8 5.8 0 1 0 7 7z"/>`,
  wrap: svg`<path d="M2.5 4h11M2.5 8h8.7a2 2 0 0 1 0 4H8"/><path d="m9.6 10.2-1.8 1.8 1.8 1.8M2.5 12h2.8"/>`,
  sort: svg`<path d="M5 3v10M5 13l-2.3-2.3M5 13l2.3-2.3M9 4h4.5M9 8h3.2M9 12h1.8"/>`,
  download: svg`<path d="M8 2.5v7.2M8 9.7 5.2 6.9M8 9.7l2.8-2.8M2.8 12.8h10.4"/>`,
  include: svg`<circle cx="8" cy="8" r="5.75"/><path d="M8 5.4v5.2M5.4 8h5.2"/>`,
  exclude: svg`<circle cx="8" cy="8" r="5.75"/><path d="M5.4 8h5.2"/>`,
  copy: svg`<rect x="5.5" y="5.5" width="8" height="8" rx="1.5"/><path d="M3.5 10.5h-.2a.8.8 0 0 1-.8-.8V3.3c0-.4.4-.8.8-.8h6.4c.4 0 .8.4.8.8v.2"/>`,
  check: svg`<path d="m3 8.5 3.2 3.2L13 4.8"/>`,
  history: svg`<path d="M2.8 8A5.2 5.2 0 1 0 4.4 4.2"/><path d="M2.6 2.2v2.9h2.9M8 5.2V8l2 1.3"/>`,
  link: svg`<path d="M6.8 9.2a2.6 2.6 0 0 0 3.7 0l2.2-2.2A2.6 2.6 0 0 0 9 3.3l-.8.8M9.2 6.8a2.6 2.6 0 0 0-3.7 0L3.3 9A2.6 2.6 0 0 0 7 12.7l.8-.8"/>`,
  context: svg`<path d="M2.5 3.5h11M2.5 12.5h11M4.5 6.5h7v3h-7z"/>`,
  warning: svg`<path d="M8 2.4 14.2 13H1.8z"/><path d="M8 6.4v3M8 11.2v.1"/>`,
  pause: svg`<path d="M5.5 3.5v9M10.5 3.5v9" stroke-width="2"/>`,
  zoomout: svg`<circle cx="7" cy="7" r="4.25"/><path d="m10.2 10.2 3.3 3.3M5 7h4"/>`,
  pulse: svg`<circle cx="8" cy="8" r="2" fill="currentColor" stroke="none"/><path d="M4.3 11.7a5.2 5.2 0 0 1 0-7.4M11.7 4.3a5.2 5.2 0 0 1 0 7.4"/>`,
} satisfies Record<string, SVGTemplateResult>;

export type IconName = keyof typeof PATHS;

export function icon(name: IconName, size = 16): TemplateResult {
  return html`<svg width=${size} height=${size} viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.4" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${PATHS[name]}</svg>`;
}

/** The mark: a level bar and the lines that follow it, getting shorter as an opening does. */
export function logo(size = 22): TemplateResult {
  return html`<svg width=${size} height=${size} viewBox="0 0 32 32" aria-hidden="true">
    <rect width="32" height="32" rx="8" fill="#0d6b62"/>
    <rect x="7" y="7" width="4" height="18" rx="2" fill="#7ff0dc"/>
    <g fill="#fff"><rect x="14" y="7" width="11" height="4" rx="2"/><rect x="14" y="14" width="7.5" height="4" rx="2" opacity=".82"/><rect x="14" y="21" width="4" height="4" rx="2" opacity=".6"/></g>
  </svg>`;
}
