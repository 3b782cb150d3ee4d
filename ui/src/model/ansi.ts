/**
 * ANSI colours in log lines: SGR sequences become styled runs, every other escape is left out.
 *
 * Source: ECMA-48, 8.3.117 (SGR); xterm's 256 colours and direct colour.
 */

export interface AnsiStyle {
  /** A palette index 0 to 15, or a CSS colour. */
  readonly color?: number | string;
  readonly background?: number | string;
  readonly bold?: boolean;
  readonly dim?: boolean;
  readonly italic?: boolean;
  readonly underline?: boolean;
}

export interface AnsiRun {
  readonly text: string;
  readonly style: AnsiStyle;
}

// CSI ... final byte; OSC ... terminator; any other two-character escape.
const ESCAPE = /\x1b(?:\[([0-9;:]*)([ -/]*[@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])/g;

export const hasAnsi = (text: string): boolean => text.includes('\x1b');

export function stripAnsi(text: string): string {
  return text.replace(ESCAPE, '');
}

export function parseAnsi(text: string): AnsiRun[] {
  const runs: AnsiRun[] = [];
  let style: AnsiStyle = {};
  let from = 0;
  for (const match of text.matchAll(ESCAPE)) {
    if (match.index > from) runs.push({ text: text.slice(from, match.index), style });
    if (match[2] === 'm') style = applySgr(style, match[1] ?? '');
    from = match.index + match[0].length;
  }
  if (from < text.length) runs.push({ text: text.slice(from), style });
  return runs;
}

const FLAGS: Readonly<Record<number, AnsiStyle>> = {
  1: { bold: true }, 2: { dim: true }, 3: { italic: true }, 4: { underline: true },
  22: { bold: false, dim: false }, 23: { italic: false }, 24: { underline: false },
};

function applySgr(before: AnsiStyle, params: string): AnsiStyle {
  const codes = params.split(/[;:]/).map((p) => Number(p || 0));
  let style = before;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!;
    if (code === 38 || code === 48) {
      const [value, used] = extendedColor(codes.slice(i + 1));
      style = { ...style, [code === 38 ? 'color' : 'background']: value };
      i += used;
    } else style = applyCode(style, code);
  }
  return style;
}

function applyCode(style: AnsiStyle, code: number): AnsiStyle {
  if (code === 0) return {};
  const flag = FLAGS[code];
  if (flag) return { ...style, ...flag };
  if (code >= 30 && code <= 37) return { ...style, color: code - 30 };
  if (code >= 90 && code <= 97) return { ...style, color: code - 82 };
  if (code >= 40 && code <= 47) return { ...style, background: code - 40 };
  if (code >= 100 && code <= 107) return { ...style, background: code - 92 };
  if (code === 39) return { ...style, color: undefined };
  if (code === 49) return { ...style, background: undefined };
  return style;
}

/** `5;n` or `2;r;g;b`, and how many numbers were taken. */
function extendedColor(rest: readonly number[]): [number | string | undefined, number] {
  const byte = (n: number | undefined): number => Math.min(255, Math.max(0, n ?? 0));
  if (rest[0] === 2) return [`rgb(${byte(rest[1])} ${byte(rest[2])} ${byte(rest[3])})`, 4];
  if (rest[0] !== 5) return [undefined, rest.length];
  const n = byte(rest[1]);
  if (n < 16) return [n, 2];
  if (n >= 232) return [`rgb(${[0, 0, 0].map(() => (n - 232) * 10 + 8).join(' ')})`, 2];
  const cube = [Math.floor((n - 16) / 36), Math.floor((n - 16) / 6) % 6, (n - 16) % 6];
  return [`rgb(${cube.map((c) => (c ? c * 40 + 55 : 0)).join(' ')})`, 2];
}
