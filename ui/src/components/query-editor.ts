/**
 * <pl-query-editor>: the LogQL field. Enter runs, Shift-Enter starts a new line; the server's error is
 * underlined where the server says it is.
 */
import { acceptCompletion, autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, insertNewline } from '@codemirror/commands';
import { bracketMatching } from '@codemirror/language';
import { setDiagnostics } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { EditorView, drawSelection, keymap, placeholder } from '@codemirror/view';
import { LitElement, type PropertyValues, css, html } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { type Vocabulary, completer } from '../editor/complete';
import { language, look } from '../editor/language';
import type { ApiError } from '../api/client';
import { t } from '../i18n';
import { base } from '../styles/shared';

@customElement('pl-query-editor')
export class QueryEditor extends LitElement {
  /** The question that was asked; typing does not change it until it is run. */
  @property() value = '';
  @property({ attribute: false }) error: ApiError | null = null;
  @property({ attribute: false }) vocabulary!: Vocabulary;
  @query('.editor') private readonly box!: HTMLElement;
  private view: EditorView | null = null;

  static override styles = [base, css`
    :host { min-width: 0; }
    .editor { border: 1px solid var(--line); border-radius: var(--radius); background: var(--surface); min-height: 32px; transition: border-color var(--ease), box-shadow var(--ease); }
    .editor:focus-within { border-color: var(--focus); box-shadow: 0 0 0 3px color-mix(in srgb, var(--focus) 18%, transparent); }
    :host([invalid]) .editor { border-color: var(--error); }
  `];

  get text(): string {
    return this.view?.state.doc.toString() ?? this.value;
  }

  override focus(): void {
    this.view?.focus();
  }

  protected override firstUpdated(): void {
    const run = (): boolean => {
      this.dispatchEvent(new CustomEvent('run'));
      return true;
    };
    this.view = new EditorView({
      parent: this.box,
      root: this.renderRoot as ShadowRoot,
      state: EditorState.create({
        doc: this.value,
        extensions: [
          keymap.of([
            { key: 'Mod-Enter', run },
            { key: 'Shift-Enter', run: insertNewline },
            { key: 'Tab', run: acceptCompletion },
            ...completionKeymap,
            { key: 'Enter', run },
            ...closeBracketsKeymap, ...historyKeymap, ...defaultKeymap,
          ]),
          history(), drawSelection(), bracketMatching(), closeBrackets(), language(), look,
          autocompletion({ override: [completer(this.vocabulary)], icons: false }),
          placeholder(t('query.placeholder')),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ 'aria-label': t('query.label'), 'aria-multiline': 'true' }),
        ],
      }),
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.view?.destroy();
  }

  protected override updated(changed: PropertyValues<this>): void {
    const view = this.view;
    if (!view) return;
    if (changed.has('value') && view.state.doc.toString() !== this.value) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: this.value } });
    }
    if (changed.has('error')) this.showError(view);
  }

  private showError(view: EditorView): void {
    this.toggleAttribute('invalid', this.error !== null);
    const position = this.error?.position;
    if (!this.error || !position) {
      view.dispatch(setDiagnostics(view.state, []));
      return;
    }
    const text = view.state.doc.toString();
    const from = Math.min(utf16Offset(text, position.offset), Math.max(0, text.length - 1));
    const word = /^(?:\w+|[^\w\s]+|\s+)/.exec(text.slice(from));
    view.dispatch(setDiagnostics(view.state, [{
      from, to: Math.min(text.length, from + (word?.[0].length || 1)), severity: 'error', message: this.error.message,
    }]));
  }

  override render(): unknown {
    return html`<div class="editor"></div>`;
  }
}

/** The server counts characters; the editor counts UTF-16 units, of which some characters take two. */
function utf16Offset(text: string, characters: number): number {
  let units = 0;
  let left = characters;
  for (const char of text) {
    if (left-- <= 0) break;
    units += char.length;
  }
  return units;
}
