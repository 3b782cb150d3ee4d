/**
 * Changing a LogQL query by a click: facets of the sidebar, + and - in a line's details.
 *
 * Every function takes a query and gives a new one; where the text does not parse far enough to be
 * edited safely it is given back unchanged. A metric query may hold several selectors: a matcher is
 * added to each of them, as the click means "only these lines".
 */
import type { SyntaxNode } from '@lezer/common';
import {
  EVERYTHING, type Matcher, type MatchOp, filterStages, kindOf, nodesOf, selectorMatchers, usesParser,
} from './logql';
import { alternation, literals, quote } from './logql-text';

/** Where a label lives decides how it is filtered: in the selector, or in the pipeline behind it. */
export type Place = 'stream' | 'pipeline';

export interface Facet {
  readonly included: readonly string[];
  readonly excluded: readonly string[];
}

interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

function applyEdits(query: string, edits: readonly Edit[]): string {
  return [...edits]
    .sort((a, b) => b.from - a.from)
    .reduce((text, edit) => text.slice(0, edit.from) + edit.text + text.slice(edit.to), query);
}

const clause = (name: string, op: MatchOp, value: string): string => `${name}${op}${quote(value)}`;

const matchesAll = (m: Matcher): boolean => m.op === '=~' && (m.value === '.+' || m.value === '.*');

/** The exact values a matcher names, or null where it is more than a list of values. */
function valuesOf(m: Matcher): readonly string[] | null {
  return m.op === '=' || m.op === '!=' ? [m.value] : literals(m.value);
}

function clausesOf(query: string, place: Place): Matcher[] {
  return place === 'stream' ? selectorMatchers(query) : filterStages(query).map((stage) => stage.matcher);
}

/** What the query includes and excludes of one label, by exact value. */
export function facetOf(query: string, name: string, place: Place): Facet {
  const included: string[] = [];
  const excluded: string[] = [];
  for (const m of clausesOf(query, place)) {
    if (m.name !== name) continue;
    (m.op === '=' || m.op === '=~' ? included : excluded).push(...(valuesOf(m) ?? []));
  }
  return { included, excluded };
}

function facetClauses(name: string, facet: Facet): string[] {
  const one = (values: readonly string[], exact: MatchOp, regex: MatchOp): string[] => {
    if (!values.length) return [];
    return [values.length === 1 ? clause(name, exact, values[0]!) : clause(name, regex, alternation(values))];
  };
  return [...one(facet.included, '=', '=~'), ...one(facet.excluded, '!=', '!~')];
}

/** Clauses a facet owns and may rewrite: lists of values, and "anything" once a value is chosen. */
const owned = (m: Matcher, name: string): boolean => m.name === name && (matchesAll(m) || valuesOf(m) !== null);

function editSelector(query: string, selector: SyntaxNode, name: string, facet: Facet): Edit {
  const kept = selectorMatchers(query, selector)
    .filter((m) => !owned(m, name))
    .map((m) => query.slice(m.from, m.to));
  const clauses = [...kept, ...facetClauses(name, facet)];
  // Loki refuses a selector in which nothing must be non-empty.
  const positive = selectorMatchers(`{${clauses.join(', ')}}`).some((m) => m.op === '=' || m.op === '=~');
  const text = positive ? `{${clauses.join(', ')}}` : `{${[EVERYTHING.slice(1, -1), ...clauses].join(', ')}}`;
  return { from: selector.from, to: selector.to, text };
}

/** Behind the last stage of each pipeline, or behind the selector that has none. */
function pipelineEnds(query: string): number[] {
  return nodesOf(query, 'Selector').map((selector) => {
    let end = selector.to;
    const next = selector.nextSibling;
    if (next?.name === 'PipelineExpr') end = next.to;
    return end;
  });
}

/** The same query with one label's facet set to exactly these values. */
export function setFacet(query: string, name: string, place: Place, facet: Facet): string {
  const base = kindOf(query) === 'empty' ? EVERYTHING : query;
  if (place === 'stream') {
    return applyEdits(base, nodesOf(base, 'Selector').map((node) => editSelector(base, node, name, facet)));
  }
  const cleared = applyEdits(base, filterStages(base)
    .filter((stage) => owned(stage.matcher, name))
    .map((stage) => ({ from: base.slice(0, stage.from).trimEnd().length, to: stage.to, text: '' })));
  const added = facetClauses(name, facet).map((text) => ` | ${text}`).join('');
  return applyEdits(cleared, pipelineEnds(cleared).map((at) => ({ from: at, to: at, text: added })));
}

/** A value chosen goes away, a value not chosen is added; including and excluding replace each other. */
export function toggleFacet(query: string, name: string, place: Place, value: string, exclude = false): string {
  const before = facetOf(query, name, place);
  const list = exclude ? before.excluded : before.included;
  const without = (values: readonly string[]): string[] => values.filter((v) => v !== value);
  const toggled = list.includes(value) ? without(list) : [...list, value];
  return setFacet(query, name, place, {
    included: exclude ? without(before.included) : toggled,
    excluded: exclude ? toggled : without(before.excluded),
  });
}

/** Narrow to (or away from) one value, from a line's details; asking twice changes nothing. */
export function filterBy(query: string, name: string, place: Place, value: string, op: '=' | '!='): string {
  const facet = facetOf(query, name, place);
  const list = op === '=' ? facet.included : facet.excluded;
  if (list.includes(value)) return query;
  const others = (values: readonly string[]): string[] => values.filter((v) => v !== value);
  return setFacet(query, name, place, op === '='
    ? { included: [value], excluded: others(facet.excluded) }
    : { included: others(facet.included), excluded: [...facet.excluded, value] });
}

/** As `filterBy`, for a field that only a parser brings to light: the parser is added where it is missing. */
export function filterByField(
  query: string, field: { name: string; value: string; op: '=' | '!=' }, parser: 'json' | 'logfmt',
): string {
  return filterBy(withParser(query, parser), field.name, 'pipeline', field.value, field.op);
}

/** The query with a parser at the end of its pipeline, unless it has that parser already. */
export function withParser(query: string, parser: 'json' | 'logfmt'): string {
  if (usesParser(query, parser)) return query;
  return applyEdits(query, pipelineEnds(query).map((at) => ({ from: at, to: at, text: ` | ${parser}` })));
}

/** The query without one label's facet: what its values must be counted in. */
export function withoutFacet(query: string, name: string, place: Place): string {
  return setFacet(query, name, place, { included: [], excluded: [] });
}

/** The log query inside: itself, or the selector and pipeline of a metric query's first range. */
export function logPart(query: string): string {
  const kind = kindOf(query);
  if (kind !== 'metric') return query;
  const selector = nodesOf(query, 'Selector')[0];
  if (!selector) return EVERYTHING;
  const next = selector.nextSibling;
  const pipeline = next?.name === 'PipelineExpr' ? ` ${query.slice(next.from, next.to)}` : '';
  return query.slice(selector.from, selector.to) + pipeline;
}
