/**
 * <pl-popup>: a button that opens a panel under it. Escape, a click elsewhere and focus that leaves
 * close it; focus then returns to the button.
 */
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { base, controls } from '../styles/shared';

@customElement('pl-popup')
export class Popup extends LitElement {
  @property() label = '';
  @property() side: 'left' | 'right' = 'left';
  @property() look = '';
  @state() private open = false;

  static override styles = [base, controls, css`
    :host { position: relative; display: inline-block; }
    .panel {
      position: absolute; top: calc(100% + 6px); z-index: 40; min-width: 200px; max-width: calc(100vw - 24px);
      max-height: min(70vh, 560px); overflow: auto; background: var(--surface); border: 1px solid var(--line);
      border-radius: 10px; box-shadow: var(--shadow); animation: appear 120ms ease-out;
    }
    .panel.left { left: 0; }
    .panel.right { right: 0; }
    @keyframes appear { from { opacity: 0; transform: translateY(-4px); } }
    @media (max-width: 560px) {
      .panel.left, .panel.right { position: fixed; left: 12px; right: 12px; top: var(--popup-top, 96px); }
    }
  `];

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('pointerdown', this.onOutside, true);
    this.addEventListener('keydown', this.onKey);
    this.addEventListener('close-popup', this.close);
    this.addEventListener('focusout', this.onFocusOut);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('pointerdown', this.onOutside, true);
  }

  private readonly onOutside = (event: Event): void => {
    if (this.open && !event.composedPath().includes(this)) this.open = false;
  };

  private readonly onFocusOut = (event: FocusEvent): void => {
    const to = event.relatedTarget as Node | null;
    if (to && !this.contains(to) && !this.renderRoot.contains(to)) this.open = false;
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || !this.open) return;
    event.stopPropagation();
    this.close();
  };

  readonly close = (): void => {
    if (!this.open) return;
    this.open = false;
    this.renderRoot.querySelector('button')?.focus();
  };

  private toggle(): void {
    this.open = !this.open;
    if (!this.open) return;
    const below = this.getBoundingClientRect().bottom + 6;
    this.style.setProperty('--popup-top', `${below}px`);
    this.dispatchEvent(new CustomEvent('open-popup'));
  }

  override render(): unknown {
    return html`
      <button class=${this.look} aria-haspopup="dialog" aria-expanded=${this.open} aria-label=${this.label || nothing}
        title=${this.label || nothing} @click=${() => this.toggle()}><slot name="button"></slot></button>
      ${this.open ? html`<div class="panel ${this.side}" role="dialog" aria-label=${this.label || nothing}><slot></slot></div>` : nothing}`;
  }
}
