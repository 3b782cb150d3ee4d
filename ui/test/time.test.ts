import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  TimeError, compareNs, formatDuration, formatInstant, formatNs, formatRowTime, parseDuration, parseInstant, pickStep,
  quickName, resolveRange, widerRange,
} from '../src/model/time';

const NOW = Date.UTC(2026, 10, 23, 12, 0, 0);

test('instants', () => {
  const cases: Array<[string, number]> = [
    ['now', NOW], ['now-1h', NOW - 3_600_000], ['now - 1h30m', NOW - 5_400_000], ['now+5m', NOW + 300_000],
    ['2026-11-23', NOW - 43_200_000], ['2026-11-23 11:59', NOW - 60_000],
    ['2026-11-23T11:59:59.250', NOW - 750], ['2026-11-23T13:00:00+01:00', NOW],
    ['2026-11-23T12:00:00Z', NOW], [String(NOW), NOW], [String(NOW / 1000), NOW], [`${NOW}000000`, NOW],
  ];
  for (const [text, ms] of cases) assert.equal(parseInstant(text, NOW, 'utc'), ms, text);
});

test('what is not an instant is refused', () => {
  for (const text of ['', 'yesterday', 'now-', 'now-5', '2026-13-01', '2026-02-30', '2026-01-01 24:00', '12']) {
    assert.throws(() => parseInstant(text, NOW, 'utc'), TimeError, text);
  }
  assert.throws(() => resolveRange({ from: 'now', to: 'now-1h' }, NOW, 'utc'), TimeError);
});

test('a local date is the local clock', () => {
  const ms = parseInstant('2026-07-01 08:30:15', NOW, 'local');
  assert.equal(formatInstant(ms, 'local'), '2026-07-01 08:30:15');
});

test('durations', () => {
  assert.equal(parseDuration('1h30m'), 5_400_000);
  assert.equal(formatDuration(5_400_000), '1h30m');
  assert.equal(formatDuration(1_500), '1s500ms');
  assert.equal(formatDuration(0), '0s');
  for (const text of ['', '5', 'h', '1h 30m', '-1h']) assert.throws(() => parseDuration(text), TimeError, text);
});

test('steps are round and bound the number of buckets', () => {
  assert.equal(pickStep(3_600_000, 120), 30_000);
  assert.equal(pickStep(300_000, 120), 5_000);
  assert.equal(pickStep(30 * 86_400_000, 120), 21_600_000);
  assert.equal(pickStep(3650 * 86_400_000, 120), 31 * 86_400_000);
  assert.equal(pickStep(10, 120), 1_000);
});

test('rows and nanoseconds', () => {
  assert.equal(formatRowTime(NOW + 7, 'utc', false), '12:00:00.007');
  assert.equal(formatRowTime(NOW, 'utc', true), '11-23 12:00:00.000');
  assert.equal(formatNs(`${NOW}000001`, 'utc'), '2026-11-23T12:00:00.000000001Z');
  assert.equal(formatNs(`${NOW + 123}456789`, 'utc'), '2026-11-23T12:00:00.123456789Z');
  assert.ok(compareNs('999', '1000') < 0 && compareNs('2', '1') > 0 && compareNs('5', '5') === 0);
});

test('looking further', () => {
  const hour = { from: 'now-1h', to: 'now' };
  assert.equal(quickName(hour), '1h');
  assert.deepEqual(widerRange(hour, resolveRange(hour, NOW, 'utc')), { from: 'now-3h', to: 'now' });
  const fixed = { from: '2026-11-23T10:00:00Z', to: '2026-11-23T11:00:00Z' };
  assert.deepEqual(widerRange(fixed, resolveRange(fixed, NOW, 'utc')), {
    from: '2026-11-23T09:00:00.000Z', to: '2026-11-23T12:00:00.000Z',
  });
});
