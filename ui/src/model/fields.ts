/**
 * Fields of the lines that are loaded: structured metadata, what the query parsed, and what its lines
 * would give if they were parsed. Counted here, over a sample: it costs the server nothing.
 */
import { stripAnsi } from './ansi';
import { extractFields } from './line-text';
import type { LogLine } from './lines';

export interface Field {
  readonly name: string;
  /** The stage that brings it to light, where the query does not have it yet. */
  readonly parser: 'json' | 'logfmt' | null;
  readonly lines: number;
  /** Most frequent first. */
  readonly values: ReadonlyArray<{ readonly value: string; readonly count: number }>;
}

const SAMPLE = 500;

interface Tally {
  parser: Field['parser'];
  lines: number;
  readonly values: Map<string, number>;
}

function add(tallies: Map<string, Tally>, name: string, value: string, parser: Field['parser']): void {
  const tally = tallies.get(name) ?? { parser, lines: 0, values: new Map<string, number>() };
  if (parser === null) tally.parser = null;
  tally.lines += 1;
  tally.values.set(value, (tally.values.get(value) ?? 0) + 1);
  tallies.set(name, tally);
}

function toField(name: string, tally: Tally): Field {
  const values = [...tally.values].map(([value, count]) => ({ value, count }));
  values.sort((a, b) => b.count - a.count || a.value.localeCompare(b.value));
  return { name, parser: tally.parser, lines: tally.lines, values };
}

/** Fields, those that most lines have first. */
export function fieldsOf(lines: readonly LogLine[]): Field[] {
  const tallies = new Map<string, Tally>();
  for (const line of lines.slice(0, SAMPLE)) {
    const known = { ...line.metadata, ...line.parsed };
    for (const [name, value] of Object.entries(known)) add(tallies, name, value, null);
    const found = Object.keys(line.parsed).length ? null : extractFields(stripAnsi(line.text));
    for (const [name, value] of Object.entries(found?.fields ?? {})) {
      if (!(name in known) && !(name in line.stream)) add(tallies, name, value, found!.parser);
    }
  }
  return [...tallies]
    .map(([name, tally]) => toField(name, tally))
    .sort((a, b) => b.lines - a.lines || a.name.localeCompare(b.name));
}
