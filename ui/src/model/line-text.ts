/**
 * A line cut into segments to draw: syntax of JSON and logfmt, ANSI colours, and what was searched.
 *
 * Pure: text in, segments out; joining the segments' text gives the line back (without escapes).
 */
import { type AnsiStyle, hasAnsi, parseAnsi } from './ansi';
import type { LineTerm } from './logql';

export type TokenKind = 'plain' | 'key' | 'string' | 'number' | 'keyword' | 'punctuation';

export interface Segment {
  readonly text: string;
  readonly kind: TokenKind;
  readonly ansi?: AnsiStyle;
  readonly hit?: boolean;
}

/** Beyond this a line is drawn plain: nobody reads the colours of a megabyte. */
const HIGHLIGHT_LIMIT = 20_000;

const JSON_TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null)|([{}[\],:])/g;
const LOGFMT_PAIR = /(?<![^\s])([A-Za-z_][\w.\-/]*)(=)("(?:[^"\\]|\\.)*"|[^\s"]*)/g;

export function isJson(text: string): boolean {
  const trimmed = text.trim();
  if (!trimmed.startsWith('{') || !trimmed.endsWith('}')) return false;
  try {
    JSON.parse(trimmed);
    return true;
  } catch {
    return false; // the one purpose of the attempt
  }
}

export function isLogfmt(text: string): boolean {
  return [...text.matchAll(LOGFMT_PAIR)].length >= 2;
}

/** Segments for matches of `pattern`; what lies between them is plain. */
function scan(text: string, pattern: RegExp, classify: (m: RegExpMatchArray) => Segment[]): Segment[] {
  const segments: Segment[] = [];
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    const at = match.index!;
    if (at > from) segments.push({ text: text.slice(from, at), kind: 'plain' });
    segments.push(...classify(match));
    from = at + match[0].length;
  }
  if (from < text.length) segments.push({ text: text.slice(from), kind: 'plain' });
  return segments;
}

function jsonToken(m: RegExpMatchArray): Segment[] {
  if (m[1] !== undefined && m[2] !== undefined) {
    return [{ text: m[1], kind: 'key' }, { text: m[2], kind: 'punctuation' }];
  }
  const kind: TokenKind = m[1] !== undefined ? 'string' : m[3] ? 'number' : m[4] ? 'keyword' : 'punctuation';
  return [{ text: m[0], kind }];
}

function logfmtToken(m: RegExpMatchArray): Segment[] {
  const value = m[3] ?? '';
  const kind: TokenKind = /^-?\d[\d.]*(?:[a-zµ%]{0,3})$/i.test(value) ? 'number'
    : /^(?:true|false|null|nil)$/.test(value) ? 'keyword' : 'string';
  const pair: Segment[] = [{ text: m[1]!, kind: 'key' }, { text: '=', kind: 'punctuation' }];
  return value ? [...pair, { text: value, kind }] : pair;
}

function syntax(text: string): Segment[] {
  if (hasAnsi(text)) {
    return parseAnsi(text).map((run) => ({ text: run.text, kind: 'plain', ansi: run.style }));
  }
  if (text.length > HIGHLIGHT_LIMIT) return [{ text, kind: 'plain' }];
  if (isJson(text)) return scan(text, JSON_TOKEN, jsonToken);
  if (isLogfmt(text)) return scan(text, LOGFMT_PAIR, logfmtToken);
  return [{ text, kind: 'plain' }];
}

/** RE2 as a JavaScript expression; null where the two differ too much to show a match. */
export function termPattern(term: LineTerm): RegExp | null {
  if (!term.regex) return new RegExp(term.text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'g');
  const flags = /^\(\?([ims]+)\)/.exec(term.text);
  const source = (flags ? term.text.slice(flags[0].length) : term.text).replaceAll('(?P<', '(?<');
  try {
    return new RegExp(source, `gu${flags?.[1] ?? ''}`);
  } catch {
    return null; // RE2 knows classes that JavaScript does not; the filter itself runs on the server
  }
}

/** Where any of the terms matches, as sorted, disjoint [from, to). */
export function hitRanges(text: string, patterns: readonly RegExp[]): Array<[number, number]> {
  const found: Array<[number, number]> = [];
  for (const pattern of patterns) {
    for (const m of text.matchAll(pattern)) if (m[0]) found.push([m.index, m.index + m[0].length]);
  }
  found.sort((a, b) => a[0] - b[0]);
  const merged: Array<[number, number]> = [];
  for (const range of found) {
    const last = merged.at(-1);
    if (last && range[0] <= last[1]) last[1] = Math.max(last[1], range[1]);
    else merged.push(range);
  }
  return merged;
}

function markHits(segments: readonly Segment[], hits: ReadonlyArray<readonly [number, number]>): Segment[] {
  const marked: Segment[] = [];
  let offset = 0;
  for (const segment of segments) {
    const end = offset + segment.text.length;
    const cuts = new Set([offset, end]);
    for (const [from, to] of hits) for (const at of [from, to]) if (at > offset && at < end) cuts.add(at);
    const edges = [...cuts].sort((a, b) => a - b);
    for (let i = 0; i + 1 < edges.length; i++) {
      const from = edges[i]!;
      const hit = hits.some((h) => h[0] <= from && from < h[1]);
      marked.push({ ...segment, text: segment.text.slice(from - offset, edges[i + 1]! - offset), hit });
    }
    offset = end;
  }
  return marked;
}

/** The line as it is drawn. `patterns` come from `termPattern`. */
export function segmentLine(text: string, patterns: readonly RegExp[]): Segment[] {
  const segments = syntax(text);
  if (!patterns.length || text.length > HIGHLIGHT_LIMIT) return segments;
  const hits = hitRanges(segments.map((s) => s.text).join(''), patterns);
  return hits.length ? markHits(segments, hits) : segments;
}

export interface LineFields {
  readonly parser: 'json' | 'logfmt';
  readonly fields: Readonly<Record<string, string>>;
}

/** What LogQL's `json` or `logfmt` would extract, under the names it would use; null for plain text. */
export function extractFields(text: string): LineFields | null {
  if (text.length > HIGHLIGHT_LIMIT) return null;
  if (isJson(text)) {
    const fields: Record<string, string> = {};
    flattenJson(JSON.parse(quoteNumbers(text)), '', fields);
    return { parser: 'json', fields };
  }
  if (!isLogfmt(text)) return null;
  const fields: Record<string, string> = {};
  for (const m of text.matchAll(LOGFMT_PAIR)) {
    const raw = m[3] ?? '';
    const value = raw.startsWith('"') ? raw.slice(1, -1).replace(/\\(.)/g, '$1') : raw;
    if (value) fields[sanitizeName(m[1]!)] ??= value;
  }
  return { parser: 'logfmt', fields };
}

/** Numbers as text: an id of 18 digits must be filtered by as it was written, not as a double. */
function quoteNumbers(json: string): string {
  return json.replace(JSON_TOKEN, (token: string, _string: unknown, _colon: unknown, number?: string) =>
    number === undefined ? token : `"${number}"`);
}

const sanitizeName = (name: string): string => name.replace(/[^a-zA-Z0-9_]/g, '_').replace(/^(?=\d)/, '_');

/** Nested objects join with `_`; arrays are skipped, as the `json` parser does without expressions. */
function flattenJson(value: unknown, prefix: string, into: Record<string, string>): void {
  if (value === null || Array.isArray(value)) return;
  if (typeof value === 'object') {
    for (const [key, inner] of Object.entries(value)) {
      flattenJson(inner, prefix ? `${prefix}_${sanitizeName(key)}` : sanitizeName(key), into);
    }
  } else into[prefix] = String(value);
}

/** Indented without going through JavaScript's numbers, which would change long ones. */
export function prettyJson(text: string): string {
  let depth = 0;
  const pad = (): string => `\n${'  '.repeat(depth)}`;
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? [];
  return tokens.map((token, i) => {
    if (token === '{' || token === '[') {
      depth += 1;
      return tokens[i + 1] === '}' || tokens[i + 1] === ']' ? token : token + pad();
    }
    if (token === '}' || token === ']') {
      depth -= 1;
      return tokens[i - 1] === '{' || tokens[i - 1] === '[' ? token : pad() + token;
    }
    return token === ',' ? `,${pad()}` : token === ':' ? ': ' : token;
  }).join('');
}
