/**
 * Reading LogQL with Grafana's published Lezer grammar: what kind of query it is, what it selects,
 * what it searches. Changing a query is `logql-edit`'s; both work on the tree, never on patterns.
 */
import { parser } from '@grafana/lezer-logql';
import type { SyntaxNode } from '@lezer/common';
import { unquote } from './logql-text';

export type QueryKind = 'empty' | 'logs' | 'metric' | 'invalid';
export type MatchOp = '=' | '!=' | '=~' | '!~';

export const EVERYTHING = '{service_name=~".+"}';

export interface Matcher {
  readonly name: string;
  readonly op: MatchOp;
  readonly value: string;
  readonly from: number;
  readonly to: number;
}

export interface LineTerm {
  readonly text: string;
  readonly regex: boolean;
}

/** Every node of a kind, in the order of the text. `inside` limits to one part of the tree. */
export function nodesOf(query: string, ...kinds: string[]): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  parser.parse(query).iterate({
    enter: (node) => {
      if (kinds.includes(node.name)) found.push(node.node);
    },
  });
  return found;
}

export function childrenOf(node: SyntaxNode, kind: string): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  node.cursor().iterate((inner) => {
    if (inner.name === kind) found.push(inner.node);
  });
  return found;
}

export function hasError(query: string): boolean {
  let error = false;
  parser.parse(query).iterate({ enter: (node) => { error ||= node.type.isError; } });
  return error;
}

/** The grammar may be behind the server's: an error here is a hint for editing, never a refusal to run. */
export function kindOf(query: string): QueryKind {
  if (!query.trim()) return 'empty';
  const expr = parser.parse(query).topNode.getChild('Expr');
  const kind = expr?.getChild('MetricExpr') ? 'metric' : expr?.getChild('LogExpr') ? 'logs' : 'invalid';
  return kind === 'logs' && hasError(query) ? 'invalid' : kind;
}

export function toMatcher(query: string, node: SyntaxNode): Matcher | null {
  const text = (n: SyntaxNode | null): string => (n ? query.slice(n.from, n.to) : '');
  const name = text(node.getChild('Identifier'));
  const value = node.getChild('String');
  const op = ['Eq', 'Neq', 'Re', 'Nre'].map((kind) => node.getChild(kind)).find(Boolean);
  if (!name || !value || !op) return null;
  return { name, op: text(op) as MatchOp, value: unquote(text(value)), from: node.from, to: node.to };
}

/** The matchers of one selector; of the first in the query, where none is given. */
export function selectorMatchers(query: string, selector = nodesOf(query, 'Selector')[0]): Matcher[] {
  if (!selector) return [];
  return childrenOf(selector, 'Matcher').flatMap((node) => toMatcher(query, node) ?? []);
}

/** A pipeline stage that is one plain label filter, `| name="value"`: what a click may add and remove. */
export interface FilterStage {
  readonly matcher: Matcher;
  readonly from: number;
  readonly to: number;
}

export function filterStages(query: string): FilterStage[] {
  return nodesOf(query, 'PipelineStage').flatMap((stage) => {
    const node = stage.getChild('LabelFilter')?.getChild('Matcher');
    const matcher = node ? toMatcher(query, node) : null;
    return matcher ? [{ matcher, from: stage.from, to: stage.to }] : [];
  });
}

/** What the line filters look for, for marking it in the lines; what they exclude is not there to mark. */
export function lineTerms(query: string): LineTerm[] {
  return nodesOf(query, 'LineFilter').flatMap((node) => {
    const filter = node.getChild('Filter');
    const regex = !!filter?.getChild('PipeMatch');
    if ((!regex && !filter?.getChild('PipeExact')) || node.getChild('FilterOp')) return [];
    return childrenOf(node, 'String').map((s) => ({ text: unquote(query.slice(s.from, s.to)), regex }));
  }).filter((term) => term.text !== '');
}

const EXTRACTING = [
  'LabelParser', 'LogfmtParser', 'JsonExpressionParser', 'LogfmtExpressionParser', 'LineFormatExpr', 'LabelFormatExpr',
];

/** Whether a stage of the pipeline can fail on a line, so that counting needs `| drop __error__`. */
export const canFail = (query: string): boolean => nodesOf(query, ...EXTRACTING).length > 0;

/** Which parser the query already runs over the line, if any. */
export function usesParser(query: string, parserName: 'json' | 'logfmt'): boolean {
  const kinds = parserName === 'json' ? ['Json'] : ['Logfmt'];
  return nodesOf(query, ...kinds).length > 0;
}

/** The query that counts the lines of a log query by level, one bucket a step. */
export function volumeQuery(query: string, step: string): string {
  const stripped = withoutComments(query).trim();
  const failing = canFail(query) ? ' | drop __error__, __error_details__' : '';
  return `sum by (detected_level) (count_over_time(${stripped}${failing} [${step}]))`;
}

/** A comment at the end of a log query would swallow what is written behind it. */
export function withoutComments(query: string): string {
  return nodesOf(query, 'LineComment').reverse()
    .reduce((text, node) => text.slice(0, node.from) + text.slice(node.to), query);
}
