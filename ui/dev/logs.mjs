// Realistic lines for developing the page without a server: never shipped.
const SERVICES = [
  { name: 'checkout', format: 'json', weight: 9 }, { name: 'cart', format: 'logfmt', weight: 12 },
  { name: 'payments', format: 'json', weight: 6 }, { name: 'frontend', format: 'plain', weight: 14 },
  { name: 'inventory', format: 'logfmt', weight: 7 }, { name: 'search-api', format: 'ansi', weight: 4 },
  { name: 'notifications', format: 'json', weight: 3 }, { name: 'auth', format: 'logfmt', weight: 5 },
];
const PATHS = ['/api/cart', '/api/checkout', '/api/products/81422', '/healthz', '/api/user/profile', '/login'];
let seed = 7;
const rand = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
const pick = (list) => list[Math.floor(rand() * list.length)];
const hex = (n) => Array.from({ length: n }, () => Math.floor(rand() * 16).toString(16)).join('');

function level(service, ms, now) {
  const incident = now - ms > 18 * 60_000 && now - ms < 27 * 60_000 && ['payments', 'checkout'].includes(service.name);
  const r = rand();
  if (r < (incident ? 0.45 : 0.015)) return 'error';
  if (r < (incident ? 0.6 : 0.06)) return 'warn';
  return r > 0.8 ? 'debug' : 'info';
}

function message(service, lvl) {
  if (lvl === 'error') {
    return service.name === 'payments' ? 'card authorisation failed: gateway timeout after 3000ms'
      : pick(['upstream request failed: connection reset by peer', 'could not reserve stock: deadline exceeded', 'unhandled exception in request handler']);
  }
  if (lvl === 'warn') return pick(['retrying request', 'slow query', 'cache miss ratio above threshold', 'queue depth growing']);
  return pick(['request completed', 'order placed', 'session refreshed', 'item added to cart', 'cache hit', 'price list reloaded']);
}

function text(service, lvl, ms) {
  const msg = message(service, lvl);
  const dur = Math.round(rand() * (lvl === 'error' ? 3000 : 180));
  const status = lvl === 'error' ? pick([500, 502, 504]) : lvl === 'warn' ? 429 : 200;
  const path = pick(PATHS);
  if (service.format === 'json') {
    return JSON.stringify({ level: lvl, msg, http: { method: 'POST', path, status }, duration_ms: dur, trace_id: hex(32), user: `u-${Math.floor(rand() * 9000)}` });
  }
  if (service.format === 'logfmt') return `level=${lvl} msg="${msg}" method=GET path=${path} status=${status} dur=${dur}ms`;
  if (service.format === 'ansi') {
    const color = { error: 31, warn: 33, info: 32, debug: 36 }[lvl];
    return `\x1b[2m${new Date(ms).toISOString()}\x1b[0m \x1b[${color}m${lvl.toUpperCase().padEnd(5)}\x1b[0m \x1b[1msearch_api::engine\x1b[0m ${msg} took=\x1b[35m${dur}ms\x1b[0m`;
  }
  if (lvl === 'error') return `Traceback (most recent call last):\n  File "/app/views.py", line 88, in post\n    order = service.place(cart)\n  File "/app/orders.py", line 41, in place\n    raise UpstreamError(resp)\nUpstreamError: ${msg}`;
  return `10.42.${Math.floor(rand() * 4)}.${Math.floor(rand() * 250)} - - "GET ${path} HTTP/1.1" ${status} ${Math.floor(rand() * 9000)} "-" "Mozilla/5.0"`;
}

export function makeLine(ms, now) {
  const total = SERVICES.reduce((sum, s) => sum + s.weight, 0);
  let at = rand() * total;
  const service = SERVICES.find((s) => (at -= s.weight) < 0) ?? SERVICES[0];
  const lvl = level(service, ms, now);
  const replica = Math.floor(rand() * 2);
  return {
    ts: BigInt(Math.floor(ms)) * 1_000_000n + BigInt(Math.floor(rand() * 1e6)),
    stream: { service_name: service.name, namespace: 'shop', pod: `${service.name}-7d9f-${['x2k', 'p8q'][replica]}`, container: service.name, host: `node-${1 + replica}` },
    metadata: { detected_level: lvl, version: '2.14.3', trace_id: hex(32) },
    line: text(service, lvl, ms),
  };
}

export function backlog(now, hours, perMinute) {
  const lines = [];
  for (let ms = now - hours * 3_600_000; ms < now; ms += 60_000) {
    const wave = 0.65 + 0.35 * Math.sin(ms / 1_500_000);
    for (let i = 0; i < perMinute * wave; i++) lines.push(makeLine(ms + rand() * 60_000, now));
  }
  return lines.filter((l) => l.ts < BigInt(now) * 1_000_000n).sort((a, b) => (a.ts < b.ts ? -1 : 1));
}
