/**
 * Completion of LogQL: label names and values from the server, stages and functions from the grammar.
 *
 * A query being typed does not parse, so where the cursor stands is told from the text before it; the
 * tree only tells whether that text is inside a string or a comment.
 */
import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import { syntaxTree } from '@codemirror/language';
import { AGGREGATION_OPERATORS, BUILT_IN_FUNCTIONS, RANGE_VEC_FUNCTIONS } from '@grafana/lezer-logql';

export interface Vocabulary {
  labels(): Promise<string[]>;
  values(label: string): Promise<string[]>;
  /** Names seen in the lines that are shown: metadata and parsed fields. */
  fields(): string[];
}

const STAGES: readonly Completion[] = [
  { label: 'json', detail: 'parse JSON' }, { label: 'logfmt', detail: 'parse key=value' },
  { label: 'pattern', apply: 'pattern "<_> "', detail: 'parse by example' },
  { label: 'regexp', apply: 'regexp "(?P<name>)"', detail: 'parse by expression' },
  { label: 'unpack', detail: 'parse packed JSON' },
  { label: 'line_format', apply: 'line_format "{{.}}"', detail: 'rewrite the line' },
  { label: 'label_format', apply: 'label_format ', detail: 'rename or compute labels' },
  { label: 'drop', apply: 'drop ', detail: 'remove labels' }, { label: 'keep', apply: 'keep ', detail: 'keep labels' },
  { label: 'decolorize', detail: 'remove ANSI colours' },
  { label: 'unwrap', apply: 'unwrap ', detail: 'use a label as the sample' },
].map((stage) => ({ ...stage, type: 'keyword' }));

const FUNCTIONS: readonly Completion[] = [...AGGREGATION_OPERATORS, ...RANGE_VEC_FUNCTIONS, ...BUILT_IN_FUNCTIONS]
  .map((f) => ({ label: f.label, type: 'function', detail: f.detail, info: f.documentation }));

const VALUE = /([A-Za-z_]\w*)\s*(=~|!~|!=|=)\s*(["`])((?:[^"`\\]|\\.)*)$/;
const SELECTOR_NAME = /[{,]\s*([A-Za-z_]\w*)?$/;
const GROUPING = /\b(?:by|without|on|ignoring)\s*\((?:[^()]*,)?\s*([A-Za-z_]\w*)?$/;
const STAGE = /\|\s*([A-Za-z_]\w*)?$/;
const WORD = /[A-Za-z_]\w*$/;

/** Whether the cursor is between the braces of a selector that is still open. */
function inSelector(text: string): boolean {
  const bare = text.replace(/"(?:[^"\\]|\\.)*"?|`[^`]*`?/g, (s) => '_'.repeat(s.length));
  return bare.lastIndexOf('{') > bare.lastIndexOf('}');
}

const asOptions = (names: readonly string[], type: string): Completion[] => names.map((label) => ({ label, type }));

function valueOptions(values: readonly string[], quoteMark: string): Completion[] {
  return values.map((value) => ({
    label: value, type: 'text', apply: quoteMark === '`' ? value : JSON.stringify(value).slice(1, -1),
  }));
}

export function completer(vocabulary: Vocabulary) {
  return async (context: CompletionContext): Promise<CompletionResult | null> => {
    const text = context.state.sliceDoc(0, context.pos);
    const node = syntaxTree(context.state).resolveInner(context.pos, -1);
    if (node.name === 'LineComment') return null;
    const at = (typed: string | undefined): number => context.pos - (typed?.length ?? 0);
    const value = VALUE.exec(text);
    if (value) {
      const options = valueOptions(await vocabulary.values(value[1]!), value[3]!);
      return { from: at(value[4]), options, validFor: /^[^"`]*$/ };
    }
    if (node.name === 'String' && node.to >= context.pos && node.from < context.pos) return null;
    const grouping = GROUPING.exec(text);
    const name = grouping ?? (inSelector(text) ? SELECTOR_NAME.exec(text) : null);
    if (name) {
      const labels = asOptions(await vocabulary.labels(), 'property');
      const options = grouping ? [...labels, ...asOptions(vocabulary.fields(), 'property')] : labels.map(withEquals);
      return { from: at(name[1]), options: distinct(options), validFor: /^\w*$/ };
    }
    if (inSelector(text)) return null;
    const stage = STAGE.exec(text);
    if (stage) {
      const options = [...STAGES, ...asOptions(vocabulary.fields(), 'property')];
      return { from: at(stage[1]), options: distinct(options), validFor: /^\w*$/ };
    }
    const word = WORD.exec(text);
    if (!word && !context.explicit) return null;
    return { from: at(word?.[0]), options: [...FUNCTIONS], validFor: /^\w*$/ };
  };
}

function withEquals(option: Completion): Completion {
  return {
    ...option,
    apply: (view, _completion, from, to) => {
      const followed = /^\s*[=!]/.test(view.state.sliceDoc(to, to + 4));
      const insert = followed ? option.label : `${option.label}=""`;
      view.dispatch({
        changes: { from, to, insert },
        selection: { anchor: from + insert.length - (followed ? 0 : 1) },
      });
    },
  };
}

function distinct(options: readonly Completion[]): Completion[] {
  return [...new Map(options.map((o) => [o.label, o])).values()];
}
