/** LogQL for CodeMirror: Grafana's published grammar, and which of its nodes look like what. */
import { HighlightStyle, LRLanguage, LanguageSupport, syntaxHighlighting } from '@codemirror/language';
import { EditorView } from '@codemirror/view';
import { parser } from '@grafana/lezer-logql';
import { styleTags, tags } from '@lezer/highlight';

const FUNCTIONS = 'RangeOp/... VectorOp/... LabelAggOp/... ConvOp/... LabelReplace Vector';
const STAGES = 'Json Logfmt Unpack Pattern Regexp Unwrap LabelFormat LineFormat Decolorize Drop Keep Ip';
const WORDS = 'By Without And Or Unless On Ignoring GroupLeft GroupRight Bool Offset';
const OPERATORS =
  'Eq Neq Re Nre PipeExact PipeMatch PipePattern Npa Pipe Gtr Gte Lss Lte Eql Add Sub Mul Div Mod Pow';

const logql = LRLanguage.define({
  name: 'logql',
  parser: parser.configure({
    props: [
      styleTags({
        [FUNCTIONS]: tags.function(tags.name),
        [STAGES]: tags.keyword,
        [WORDS]: tags.operatorKeyword,
        [OPERATORS]: tags.operator,
        'Identifier LabelName': tags.propertyName,
        ParserFlag: tags.keyword,
        String: tags.string,
        'Number Duration Bytes Range/...': tags.number,
        LineComment: tags.comment,
      }),
    ],
  }),
  languageData: { closeBrackets: { brackets: ['(', '[', '{', '"', '`'] }, commentTokens: { line: '#' } },
});

const highlight = HighlightStyle.define([
  { tag: tags.propertyName, color: 'var(--key)' },
  { tag: tags.string, color: 'var(--string)' },
  { tag: tags.number, color: 'var(--number)' },
  { tag: tags.function(tags.name), color: 'var(--accent)', fontWeight: '600' },
  { tag: tags.keyword, color: 'var(--keyword)' },
  { tag: tags.operatorKeyword, color: 'var(--keyword)', fontStyle: 'italic' },
  { tag: tags.operator, color: 'var(--text-2)' },
  { tag: tags.comment, color: 'var(--text-3)', fontStyle: 'italic' },
]);

export const look = EditorView.theme({
  '&': { fontSize: '13px', backgroundColor: 'transparent', color: 'var(--text)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-content, .cm-content *': { fontVariantLigatures: 'none' },
  '.cm-content': { fontFamily: 'var(--mono)', padding: '5px 0', caretColor: 'var(--accent)', lineHeight: '20px' },
  '.cm-line': { padding: '0 10px' },
  '.cm-scroller': { overflow: 'auto', maxHeight: '180px', fontFamily: 'var(--mono)' },
  '.cm-cursor': { borderLeftColor: 'var(--accent)', borderLeftWidth: '2px' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'color-mix(in srgb, var(--accent) 24%, transparent) !important',
  },
  '.cm-placeholder': { color: 'var(--text-3)' },
  '.cm-matchingBracket': { backgroundColor: 'var(--accent-soft) !important', color: 'inherit' },
  '.cm-tooltip': {
    backgroundColor: 'var(--surface)', border: '1px solid var(--line)', borderRadius: '8px',
    boxShadow: 'var(--shadow)', overflow: 'hidden', zIndex: '50',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mono)', fontSize: '12px', maxHeight: '260px' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '3px 10px !important', lineHeight: '19px' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: 'var(--accent-soft)', color: 'var(--text)' },
  '.cm-completionMatchedText': { textDecoration: 'none', color: 'var(--accent)', fontWeight: '700' },
  '.cm-completionDetail': { color: 'var(--text-3)', fontStyle: 'normal', marginLeft: '1.2em' },
  '.cm-completionInfo': { padding: '8px 10px', maxWidth: '320px', fontFamily: 'var(--sans)', fontSize: '12px' },
  '.cm-diagnostic': { padding: '6px 10px', fontFamily: 'var(--sans)', fontSize: '12px', borderLeft: 'none' },
  '.cm-diagnostic-error': { color: 'var(--error-text)' },
  '.cm-lintRange-error': {
    backgroundImage: 'none', textDecoration: 'underline wavy var(--error)', textUnderlineOffset: '4px',
    backgroundColor: 'color-mix(in srgb, var(--error) 12%, transparent)', borderRadius: '2px',
  },
});

export const language = (): LanguageSupport => new LanguageSupport(logql, [syntaxHighlighting(highlight)]);
