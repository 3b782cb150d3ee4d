// A small stand-in for the server while working on the page: serves the bundle under the same content
// security policy, and answers enough of Loki's API from generated lines. Never shipped; the tests of
// the page run against the real server.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import { backlog, makeLine } from './logs.mjs';

const STATIC = join(dirname(fileURLToPath(import.meta.url)), '../../src/prologue/serve/static');
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2', '.txt': 'text/plain' };
const CSP = "default-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";
const empty = process.argv.includes('--empty');
const tenants = new Map([['', empty ? [] : backlog(Date.now(), 8, 80)]]);
const linesOf = (tenant) => tenants.get(tenant) ?? tenants.set(tenant, []).get(tenant);

if (!empty) {
  setInterval(() => {
    const n = 1 + Math.floor(Math.random() * 4);
    for (let i = 0; i < n; i++) linesOf('').push(makeLine(Date.now(), Date.now()));
  }, 700);
}

/** The fields of a JSON line, as the json stage names them. */
function parsed(line) {
  if (!line.startsWith('{')) return {};
  const fields = {};
  const walk = (value, prefix) => {
    for (const [key, inner] of Object.entries(value)) {
      if (inner && typeof inner === 'object') walk(inner, `${prefix}${key}_`);
      else fields[prefix + key] = String(inner);
    }
  };
  walk(JSON.parse(line), '');
  return fields;
}

/** Enough LogQL for the page: selectors, line filters, one-matcher label filters. */
function matcherOf(name, op, quoted) {
  const value = quoted.startsWith('`') ? quoted.slice(1, -1) : JSON.parse(quoted);
  const re = op.endsWith('~') ? new RegExp(`^(?:${value})$`) : null;
  const test = (v) => (re ? re.test(v ?? '') : (v ?? '') === value);
  const get = (l) => l.stream[name] ?? l.metadata[name] ?? parsed(l.line)[name];
  return (l) => (op.startsWith('!') ? !test(get(l)) : test(get(l)));
}

const STR = '("(?:[^"\\\\]|\\\\.)*"|`[^`]*`)';
function filterOf(query) {
  const tests = [];
  const selector = /\{[^}]*\}/.exec(query)?.[0] ?? '';
  for (const m of query.matchAll(new RegExp(`(\\w+)\\s*(=~|!~|!=|=)\\s*${STR}`, 'g'))) tests.push(matcherOf(m[1], m[2], m[3]));
  for (const m of query.slice(query.indexOf(selector) + selector.length).matchAll(new RegExp(`(\\|=|\\|~|!=|!~)\\s*${STR}`, 'g'))) {
    if (/\w\s*$/.test(query.slice(0, query.indexOf(m[0])))) continue;
    const value = m[2].startsWith('`') ? m[2].slice(1, -1) : JSON.parse(m[2]);
    const re = m[1].endsWith('~') ? new RegExp(value.replace('(?i)', ''), value.startsWith('(?i)') ? 'i' : '') : null;
    const hit = (l) => (re ? re.test(l.line) : l.line.includes(value));
    tests.push(m[1].startsWith('!') ? (l) => !hit(l) : hit);
  }
  return (l) => tests.every((test) => test(l));
}

function problem(query) {
  const open = query.indexOf('{');
  if (open < 0) return { at: 0, error: 'unexpected start of query: expected a stream selector', cure: 'begin with {label="value"}' };
  const bad = /\|\s*(jsn|lgfmt)/.exec(query);
  if (bad) return { at: bad.index + bad[0].length - bad[1].length, error: `unknown stage "${bad[1]}"`, cure: 'did you mean json?' };
  return null;
}

function series(found, by, start, end, step, range, rate) {
  const groups = new Map();
  for (const l of found) {
    const metric = Object.fromEntries(by.map((name) => [name, l.stream[name] ?? l.metadata[name] ?? '']));
    const key = JSON.stringify(metric);
    if (!groups.has(key)) groups.set(key, { metric, counts: new Map() });
    const { counts } = groups.get(key);
    const ms = Number(l.ts / 1_000_000n);
    for (let t = start + Math.max(0, Math.ceil((ms - start) / step)) * step; t <= end && t < ms + range; t += step) counts.set(t, (counts.get(t) ?? 0) + 1);
  }
  return [...groups.values()].map(({ metric, counts }) => ({
    metric, values: [...counts].sort((a, b) => a[0] - b[0]).map(([t, n]) => [t / 1000, String(rate ? n / (range / 1000) : n)]),
  }));
}

const UNITS = { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5 };
const duration = (text) => [...text.matchAll(/(\d+)(ms|[smhd])/g)].reduce((sum, m) => sum + m[1] * UNITS[m[2]], 0);
const ms = (ns) => Number(BigInt(ns) / 1_000_000n);

function metric(lines, query, start, end, step) {
  const range = duration(/\[(\w+)\]/.exec(query)[1]);
  const by = (/by\s*\(([^)]*)\)/.exec(query)?.[1] ?? '').split(',').map((s) => s.trim()).filter(Boolean);
  const from = BigInt(start - range) * 1_000_000n;
  const to = BigInt(end) * 1_000_000n;
  const test = filterOf(query.replace(/by\s*\([^)]*\)/g, ''));
  return series(lines.filter((l) => l.ts > from && l.ts <= to && test(l)), by, start, end, step, range, /\brate\(/.test(query));
}

function streams(lines, query, p) {
  const backward = p.direction !== 'forward';
  const test = filterOf(query);
  const found = lines.filter((l) => l.ts >= BigInt(p.start) && l.ts < BigInt(p.end) && test(l));
  const page = (backward ? found.reverse() : found).slice(0, Number(p.limit ?? 100));
  return group(page);
}

function group(page) {
  const groups = new Map();
  for (const l of page) {
    const key = JSON.stringify(l.stream);
    if (!groups.has(key)) groups.set(key, { stream: l.stream, values: [] });
    groups.get(key).values.push([String(l.ts), l.line, { structuredMetadata: l.metadata }]);
  }
  return [...groups.values()];
}

/** Loki's push, JSON only; the level is found as crudely as serves. */
function push(lines, body) {
  for (const { stream, values } of JSON.parse(body).streams) {
    for (const [ts, line, metadata = {}] of values) {
      const level = /\b(fatal|error|warn|info|debug)\b/i.exec(line)?.[1].toLowerCase() ?? 'unknown';
      lines.push({ ts: BigInt(ts), stream, metadata: { detected_level: level, ...metadata }, line });
    }
  }
  lines.sort((a, b) => (a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : 0));
}

function answer(path, p, lines) {
  const query = p.query ?? '';
  const values = (name) => [...new Set(lines.map((l) => l.stream[name] ?? l.metadata[name]).filter(Boolean))].sort();
  if (path === '/api/v1/status') {
    return { version: '0.1.0-dev', newest_line_ns: lines.length ? String(lines.at(-1).ts) : null, stored_lines: lines.length, buffered_bytes: 18_432, receivers: [
      { name: 'loki', address: '/loki/api/v1/push', records: 65_560, rate: 1092.7, last_error: '' },
      { name: 'otlp_grpc', address: '127.0.0.1:4317 (grpc)', records: 0, rate: 0, last_error: 'the body is not an OTLP protobuf request' },
    ],
      sources: [{ kind: 'file', name: '/var/log/syslog', lag_bytes: 0, error: null }, { kind: 'file', name: '/var/log/nginx/access.log', lag_bytes: 2048, error: null }, { kind: 'journal', name: 'system', lag_bytes: null, error: 'permission denied: add the user to group systemd-journal' }] };
  }
  if (path === '/loki/api/v1/labels') return { data: [...new Set(lines.flatMap((l) => Object.keys(l.stream)))].sort() };
  const label = /^\/loki\/api\/v1\/label\/(\w+)\/values$/.exec(path);
  if (label) return { data: values(label[1]) };
  const wrong = problem(query);
  if (wrong) return { status: 400, body: { status: 'error', errorType: 'bad_data', error: wrong.error, code: 'bad_query', cure: wrong.cure, position: { line: 1, column: wrong.at + 1, offset: wrong.at } } };
  if (path === '/loki/api/v1/query') {
    const at = ms(p.time);
    return { data: { resultType: 'vector', result: metric(lines, query, at, at, 1000).map((s) => ({ metric: s.metric, value: s.values[0] })) } };
  }
  if (path !== '/loki/api/v1/query_range') return { status: 404, body: { status: 'error', error: 'no such route' } };
  if (/^\s*\{/.test(query)) return { data: { resultType: 'streams', result: streams(lines, query, p) } };
  const step = duration(p.step);
  return { data: { resultType: 'matrix', result: metric(lines, query, ms(p.start), ms(p.end), step) } };
}

function file(response, path) {
  const name = normalize(path === '/' ? '/index.html' : path);
  try {
    const body = readFileSync(join(STATIC, name));
    response.writeHead(200, { 'content-type': TYPES[extname(name)] ?? 'application/octet-stream', 'content-security-policy': CSP });
    response.end(body);
  } catch {
    response.writeHead(404).end('not found');
  }
}

const server = createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  if (!/^\/(api|loki)\//.test(url.pathname)) return file(response, url.pathname);
  let body = '';
  request.on('data', (chunk) => { body += chunk; });
  request.on('end', () => {
    const lines = linesOf(request.headers['x-scope-orgid'] ?? '');
    if (url.pathname === '/loki/api/v1/push') {
      push(lines, body);
      return response.writeHead(204).end();
    }
    const params = Object.fromEntries([...url.searchParams, ...new URLSearchParams(body)]);
    const result = answer(url.pathname, params, lines);
    response.writeHead(result.status ?? 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(result.body ?? result));
  });
});

new WebSocketServer({ server }).on('connection', (socket, request) => {
  const url = new URL(request.url, 'http://localhost');
  const test = filterOf(url.searchParams.get('query') ?? '');
  let last = BigInt(url.searchParams.get('start') ?? 0);
  const timer = setInterval(() => {
    const fresh = linesOf(url.searchParams.get('X-Scope-OrgID') ?? '').slice(-2000).filter((l) => l.ts >= last && test(l));
    if (fresh.length) last = fresh.at(-1).ts + 1n;
    if (fresh.length) socket.send(JSON.stringify({ streams: group(fresh), dropped_entries: [] }));
  }, 500);
  socket.on('close', () => clearInterval(timer));
});

const port = Number(process.env.PORT ?? 3190);
server.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}`));
