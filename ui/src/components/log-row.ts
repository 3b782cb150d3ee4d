/** How one line is drawn: level, time, service, text. Shared by the list and by a line's context. */
import { type TemplateResult, css, html, nothing } from 'lit';
import type { AnsiStyle } from '../model/ansi';
import { LEVEL_TAGS } from '../model/levels';
import { type Segment, segmentLine } from '../model/line-text';
import type { LogLine } from '../model/lines';
import { type Zone, formatRowTime } from '../model/time';

export interface RowLook {
  readonly patterns: readonly RegExp[];
  readonly wrap: boolean;
  readonly zone: Zone;
  readonly withDay: boolean;
  readonly withService: boolean;
}

/** One row shows no more than this; the details show the whole line. */
const DRAWN = { wrapped: 16_000, single: 2_000 };

const ansiColors = Array.from({ length: 16 }, (_, i) =>
  `.c${i}{color:var(--ansi-${i})}.b${i}{background:color-mix(in srgb,var(--ansi-${i}) 30%,transparent)}`).join('');

export const rowStyles = css`
  .row {
    display: grid; grid-template-columns: auto auto auto minmax(0, 1fr); column-gap: 12px; position: relative;
    padding: 1px 14px 1px 17px; font: 400 12px/20px var(--mono); font-variant-ligatures: none; cursor: default;
  }
  .row::before { content: ''; position: absolute; left: 5px; top: 2px; bottom: 2px; width: 3px; border-radius: 2px; background: var(--level); }
  .row.error, .row.fatal { background: color-mix(in srgb, var(--level) 5%, transparent); }
  .time { color: var(--text-3); white-space: nowrap; }
  .tag { color: var(--level-text); font-weight: 600; font-size: 11px; letter-spacing: .02em; width: 3.1ch; }
  .service { color: var(--text-2); width: var(--service-width, 14ch); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .text { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; color: var(--text); }
  .wrap .text { white-space: pre-wrap; overflow-wrap: anywhere; }
  .more { margin-left: 8px; padding: 0 5px; border-radius: 4px; background: var(--sunken); color: var(--text-3); font-size: 10.5px; }
  .key { color: var(--key); } .string { color: var(--string); } .number { color: var(--number); }
  .keyword { color: var(--keyword); } .punctuation { color: var(--punctuation); }
  mark { background: var(--mark); color: var(--mark-text); border-radius: 2px; box-shadow: 0 0 0 1px var(--mark); }
  .bold { font-weight: 700; } .dim { opacity: .65; } .italic { font-style: italic; } .underline { text-decoration: underline; }
  @media (max-width: 700px) {
    .row { grid-template-columns: auto auto minmax(0, 1fr); column-gap: 8px; padding-right: 8px; }
    .service { display: none; }
    .row .text { white-space: pre-wrap; overflow-wrap: anywhere; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 4; }
    .wrap .text { display: block; }
  }
`;

export const ansiStyles = ansiColors;

function ansiClass(style: AnsiStyle): string {
  const names = (['bold', 'dim', 'italic', 'underline'] as const).filter((name) => style[name]) as string[];
  if (typeof style.color === 'number') names.push(`c${style.color}`);
  if (typeof style.background === 'number') names.push(`b${style.background}`);
  return names.join(' ');
}

function drawSegment(segment: Segment): unknown {
  const { text, kind, ansi, hit } = segment;
  if (hit) return html`<mark>${text}</mark>`;
  if (!ansi) return kind === 'plain' ? text : html`<span class=${kind}>${text}</span>`;
  const direct = [
    typeof ansi.color === 'string' ? `color:${ansi.color}` : '',
    typeof ansi.background === 'string' ? `background:${ansi.background}` : '',
  ].filter(Boolean).join(';');
  return html`<span class=${ansiClass(ansi)} .style=${direct}>${text}</span>`;
}

export function drawText(text: string, patterns: readonly RegExp[]): unknown {
  return segmentLine(text, patterns).map(drawSegment);
}

export function drawRow(line: LogLine, look: RowLook): TemplateResult {
  const limit = look.wrap ? DRAWN.wrapped : DRAWN.single;
  const text = line.text.length > limit ? `${line.text.slice(0, limit)}…` : line.text;
  const extra = look.wrap ? 0 : line.text.split('\n').length - 1;
  return html`<span class="time">${formatRowTime(line.ms, look.zone, look.withDay)}</span>
    <span class="tag" title=${line.level}>${LEVEL_TAGS[line.level]}</span>
    ${look.withService ? html`<span class="service" title=${line.stream['service_name'] ?? ''}>${line.stream['service_name'] ?? ''}</span>` : nothing}
    <span class="text">${drawText(text, look.patterns)}${extra > 0 ? html`<span class="more">+${extra}↵</span>` : nothing}</span>`;
}

/** Without a service column the text takes its place. */
export const columns = (look: RowLook): string => (look.withService ? '' : 'no-service');

export const noServiceStyles = css`
  .no-service .row { grid-template-columns: auto auto minmax(0, 1fr); }
`;
