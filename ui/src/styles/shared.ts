/** Buttons, fields and the like, so that every element looks of one piece. */
import { css } from 'lit';

export const base = css`
  /* No ligatures: a log line and a query are shown as the characters they are. */
  *, *::before, *::after { box-sizing: border-box; font-variant-ligatures: none !important; }
  :host { display: block; }
  [hidden] { display: none !important; }
  :focus-visible { outline: 2px solid var(--focus); outline-offset: 1px; border-radius: 4px; }
  a { color: var(--accent); }
  svg { display: block; flex: none; }
  .num { font-variant-numeric: tabular-nums; }
  .visually-hidden {
    position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
  }
  @media (prefers-reduced-motion: reduce) {
    *, *::before, *::after { animation-duration: 0.01ms !important; transition-duration: 0.01ms !important; }
  }
`;

export const controls = css`
  button, input, select { font: inherit; color: inherit; }
  button {
    display: inline-flex; align-items: center; justify-content: center; gap: 6px; height: 32px; padding: 0 11px;
    border: 1px solid var(--line); border-radius: var(--radius); background: var(--surface); color: var(--text);
    font-weight: 500; white-space: nowrap; cursor: pointer;
    transition: background var(--ease), border-color var(--ease), color var(--ease);
  }
  button:hover { background: var(--hover); border-color: color-mix(in srgb, var(--line) 60%, var(--text-3)); }
  button:disabled { opacity: .5; cursor: default; }
  button.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600; }
  button.primary:hover { background: var(--accent-strong); border-color: var(--accent-strong); }
  button.quiet { background: none; border-color: transparent; color: var(--text-2); }
  button.quiet:hover { background: var(--hover); color: var(--text); }
  button.icon { width: 32px; padding: 0; }
  button.small { height: 26px; padding: 0 8px; font-size: 12px; border-radius: 5px; }
  button.small.icon { width: 26px; padding: 0; }
  button[aria-pressed='true'] { background: var(--accent-soft); border-color: color-mix(in srgb, var(--accent) 45%, transparent); color: var(--accent-strong); }
  input {
    height: 32px; padding: 0 10px; border: 1px solid var(--line); border-radius: var(--radius);
    background: var(--surface); min-width: 0;
  }
  input:focus-visible { outline-offset: -1px; border-color: var(--focus); }
  input::placeholder { color: var(--text-3); }
  .segmented { display: inline-flex; border: 1px solid var(--line); border-radius: var(--radius); overflow: clip; }
  .segmented button { border: 0; border-radius: 0; }
  .segmented button + button { border-left: 1px solid var(--line); }
  .segmented.small button { height: 24px; }
`;

export const levelColors = css`
  .fatal { --level: var(--fatal); --level-text: var(--fatal-text); }
  .error { --level: var(--error); --level-text: var(--error-text); }
  .warn { --level: var(--warn); --level-text: var(--warn-text); }
  .info { --level: var(--info); --level-text: var(--info-text); }
  .debug { --level: var(--debug); --level-text: var(--debug-text); }
  .trace { --level: var(--trace); --level-text: var(--trace-text); }
  .unknown { --level: var(--unknown); --level-text: var(--unknown-text); }
`;
