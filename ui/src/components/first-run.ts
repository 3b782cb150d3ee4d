/** <pl-first-run>: shown while nothing is stored; five ways to send the first line, ready to paste. */
import { LitElement, css, html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { type Key, t } from '../i18n';
import { status } from '../state/context';
import { settings } from '../state/settings';
import { Watch } from '../state/store';
import { base, controls } from '../styles/shared';
import { icon, logo } from './icons';
import { copy } from './toast';

interface Way {
  readonly title: Key;
  readonly help?: Key;
  readonly command: (origin: string) => string;
}

const WAYS: readonly Way[] = [
  {
    title: 'first.text',
    command: (origin) => `echo "hello from $(hostname)" |\n  curl --data-binary @- "${origin}/insert/lines?service_name=hello"`,
  },
  {
    title: 'first.json',
    command: (origin) => `curl "${origin}/insert/jsonline?_msg_field=message&_stream_fields=service_name" \\\n`
      + `  --data-binary '{"service_name":"hello","level":"info","message":"first line","user":"ada"}'`,
  },
  {
    title: 'first.loki', help: 'first.loki.help',
    command: (origin) => `curl "${origin}/loki/api/v1/push" -H "Content-Type: application/json" \\\n`
      + `  -d "{\\"streams\\":[{\\"stream\\":{\\"service_name\\":\\"hello\\"},\\"values\\":[[\\"$(date +%s%N)\\",\\"first line\\"]]}]}"`,
  },
  {
    title: 'first.otlp', help: 'first.otlp.help',
    command: (origin) => `export OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=${origin}/v1/logs\nexport OTEL_EXPORTER_OTLP_LOGS_PROTOCOL=http/protobuf`,
  },
  { title: 'first.file', help: 'first.file.help', command: () => 'cat > prologue.yaml <<EOF\ncollect:\n  include:\n    - /srv/*/logs/**/*.log\nEOF\nprologue up --config prologue.yaml' },
];

@customElement('pl-first-run')
export class FirstRun extends LitElement {
  @state() private chosen: Way = WAYS[0]!;

  static override styles = [base, controls, css`
    :host { max-width: 760px; margin: 0 auto; padding: 56px 24px 40px; }
    .lead { display: flex; gap: 16px; align-items: center; margin-bottom: 26px; }
    h1 { margin: 0; font-size: 22px; font-weight: 650; letter-spacing: -.02em; }
    p { margin: 3px 0 0; color: var(--text-2); }
    .card { border: 1px solid var(--line); border-radius: 10px; background: var(--surface); overflow: hidden; }
    [role='tablist'] { display: flex; overflow-x: auto; border-bottom: 1px solid var(--line); padding: 0 6px; }
    [role='tab'] { border: 0; background: none; border-radius: 0; height: 38px; color: var(--text-2); border-bottom: 2px solid transparent; }
    [role='tab'][aria-selected='true'] { color: var(--text); border-bottom-color: var(--accent); }
    .body { padding: 14px 16px 16px; }
    .body p { margin: 0 0 10px; }
    .command { position: relative; }
    pre { margin: 0; padding: 12px 44px 12px 14px; background: var(--sunken); border-radius: 8px; font: 12.5px/20px var(--mono); white-space: pre-wrap; overflow-wrap: anywhere; }
    .command button { position: absolute; top: 6px; right: 6px; }
    .after { margin-top: 22px; display: grid; gap: 6px; }
    .after p { color: var(--text-2); }
    .after pre { justify-self: start; padding-right: 14px; }
    ul { list-style: none; margin: 0; padding: 0; display: grid; gap: 2px; font: 12px/20px var(--mono); color: var(--text-2); }
    h2 { margin: 14px 0 2px; font-size: 12px; font-weight: 600; color: var(--text-2); }
    .failed { color: var(--error-text); }
  `];

  constructor() {
    super();
    new Watch(this, [status, settings]);
  }

  override render(): unknown {
    const origin = new URL('.', document.baseURI).href.replace(/\/$/, '');
    const command = this.chosen.command(origin);
    const sources = status.value.status?.sources ?? [];
    return html`
      <div class="lead">${logo(44)}<div><h1>${t('first.title')}</h1><p>${t('first.lead')}</p></div></div>
      <div class="card">
        <div role="tablist">${WAYS.map((way) => html`<button role="tab" aria-selected=${way === this.chosen} @click=${() => { this.chosen = way; }}>${t(way.title)}</button>`)}</div>
        <div class="body" role="tabpanel">${this.chosen.help ? html`<p>${t(this.chosen.help)}</p>` : nothing}
          <div class="command"><pre>${command}</pre><button class="small icon quiet" title=${t('copy')} aria-label=${t('copy')} @click=${() => void copy(command)}>${icon('copy')}</button></div>
        </div></div>
      <div class="after"><p>${t('first.demo')}</p><pre>prologue demo</pre></div>
      ${sources.length ? html`<h2>${t('first.sources')}</h2><ul>${sources.map((s) => html`<li>${s.kind} ${s.name} ${s.error ? html`<span class="failed">${s.error}</span>` : nothing}</li>`)}</ul>` : nothing}`;
  }
}
