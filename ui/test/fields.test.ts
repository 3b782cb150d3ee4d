import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fieldsOf } from '../src/model/fields';
import { type StreamResult, flatten } from '../src/model/lines';
import { alignMatrix, vectorSeries } from '../src/model/series';
import { toVolume } from '../src/state/volume';

const lines = (...values: StreamResult['values'][number][]) => flatten([{ stream: { service_name: 'a' }, values }], 'forward');

test('fields: metadata, then what a parser would find, never what is elsewhere already', () => {
  const found = fieldsOf(lines(
    ['1', '{"user":"u1","trace":"in-line","service_name":"x"}', { structuredMetadata: { trace: 't1' } }],
    ['2', '{"user":"u2"}', { structuredMetadata: { trace: 't1' } }],
    ['3', 'status=200 user=u1'],
  ));
  assert.deepEqual(found.map((f) => [f.name, f.parser, f.lines]), [['user', 'json', 3], ['trace', null, 2], ['status', 'logfmt', 1]]);
  assert.deepEqual(found[0]!.values, [{ value: 'u1', count: 2 }, { value: 'u2', count: 1 }]);
});

test('fields: a query that parses is not parsed again', () => {
  const [field, ...rest] = fieldsOf(lines(['1', '{"user":"u1"}', { parsed: { name: 'n' } }]));
  assert.deepEqual([field!.name, field!.parser, rest.length], ['name', null, 0]);
});

test('a matrix on one axis, with gaps where there are no samples', () => {
  const set = alignMatrix({ resultType: 'matrix', result: [
    { metric: { a: 'x' }, values: [[1, '1'], [3, '3']] }, { metric: { a: 'y' }, values: [[2, 'NaN']] },
  ] }, 1000, 4000, 1000);
  assert.deepEqual(set.times, [1, 2, 3, 4]);
  assert.deepEqual(set.series[0]!.values, [1, null, 3, null]);
  assert.equal(set.by, 'a');
  assert.deepEqual([set.series[0]!.name, set.series[0]!.min, set.series[0]!.max, set.series[0]!.last], ['x', 1, 3, 3]);
});

test('a vector names its series by all that differs', () => {
  const set = vectorSeries({ resultType: 'vector', result: [{ metric: { a: 'x', b: 'y' }, value: [1, '5'] }, { metric: {}, value: [1, '6'] }] });
  assert.deepEqual(set.series.map((s) => [s.name, s.last]), [['{a="x", b="y"}', 5], ['{}', 6]]);
});

test('volume: a sample counts the bucket before it; names of levels are brought together', () => {
  const volume = toVolume({ resultType: 'matrix', result: [
    { metric: { detected_level: 'warning' }, values: [[20, '3']] },
    { metric: { detected_level: 'warn' }, values: [[20, '1'], [30, '2'], [990, '7']] },
    { metric: {}, values: [[10, '5']] },
  ] }, 0, 30_000, 10_000);
  assert.deepEqual(volume.times, [0, 10_000, 20_000]);
  assert.deepEqual(volume.counts.warn, [0, 4, 2]);
  assert.deepEqual(volume.counts.unknown, [5, 0, 0]);
  assert.equal(volume.total, 11);
});
