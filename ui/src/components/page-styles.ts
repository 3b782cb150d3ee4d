/** Layout of the Explore page: a bar that never scrolls, a side panel, and the answer, which does. */
import { css } from 'lit';

export const pageStyles = css`
  :host { display: grid; grid-template-rows: auto auto minmax(0, 1fr); min-height: 0; }
  .bar {
    display: grid; grid-template-columns: auto minmax(0, 1fr) auto; gap: 8px; align-items: start; padding: 9px 12px;
    background: var(--surface); border-bottom: 1px solid var(--line); position: relative; z-index: 20;
  }
  .side[aria-pressed='true'] { background: none; border-color: transparent; color: var(--accent); }
  .query { position: relative; min-width: 0; }
  .query pl-query-editor { display: block; }
  .history { position: absolute; right: 2px; top: 2px; }
  .acts { display: flex; gap: 6px; flex-wrap: wrap; align-items: center; }
  .run { min-width: 86px; }
  .past { width: min(640px, calc(100vw - 40px)); padding: 6px; display: grid; }
  .past button { height: auto; padding: 6px 10px; border: 0; background: none; justify-content: flex-start; text-align: left; font: 12px/18px var(--mono); white-space: pre-wrap; overflow-wrap: anywhere; }
  .past button:hover { background: var(--hover); }
  .past p { margin: 0; padding: 10px; color: var(--text-2); }
  .problem {
    display: flex; gap: 10px; padding: 9px 16px; color: var(--error-text); border-bottom: 1px solid var(--line);
    background: color-mix(in srgb, var(--error) 8%, var(--surface)); max-height: 30vh; overflow: auto;
  }
  .problem svg { margin-top: 2px; }
  .problem b { font-weight: 600; overflow-wrap: anywhere; }
  .problem .where { margin-left: 8px; opacity: .8; font-size: 12px; }
  .problem div div { color: var(--text); margin-top: 1px; }
  .body { display: grid; grid-template-columns: minmax(0, 1fr); min-height: 0; grid-row: 3; position: relative; }
  .body.with-side { grid-template-columns: 248px minmax(0, 1fr); }
  .main { min-width: 0; min-height: 0; }
  .scroll { overflow-y: auto; overscroll-behavior: contain; background: var(--surface); }
  .tools {
    display: flex; align-items: center; gap: 2px; padding: 4px 10px 4px 16px; font-size: 12px; color: var(--text-2);
    background: var(--raised); border-bottom: 1px solid var(--line); position: sticky; top: 0; z-index: 10;
  }
  .push { margin-left: auto; }
  .scrim { display: none; }
  @media (max-width: 1180px) {
    .bar { grid-template-columns: auto minmax(0, 1fr); }
    .acts { grid-column: 1 / -1; }
    .acts pl-time-picker { margin-left: auto; }
  }
  @media (max-width: 860px) {
    .body.with-side { grid-template-columns: minmax(0, 1fr); }
    pl-label-sidebar { position: absolute; inset: 0 auto 0 0; width: min(300px, 84vw); z-index: 16; box-shadow: var(--shadow); }
    .scrim { display: block; position: absolute; inset: 0; z-index: 15; height: auto; border: 0; border-radius: 0; background: rgb(0 0 0 / 32%); }
    .scrim:hover { background: rgb(0 0 0 / 32%); }
  }
  @media (max-width: 560px) {
    .bar { padding: 8px; gap: 6px; }
    .acts pl-time-picker { margin-left: 0; }
    .run { min-width: 0; }
    .tools { padding-left: 12px; overflow-x: auto; }
    .tools button { white-space: nowrap; flex: none; }
  }
`;
