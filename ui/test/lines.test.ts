import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_QUERY, fromHash, toHash } from '../src/model/address';
import { parseAnsi, stripAnsi } from '../src/model/ansi';
import { levelOf, normalizeLevel } from '../src/model/levels';
import { extractFields, isJson, isLogfmt, segmentLine, termPattern } from '../src/model/line-text';
import { flatten, withoutOverlap } from '../src/model/lines';

const text = (segments: ReadonlyArray<{ text: string }>): string => segments.map((s) => s.text).join('');
const kinds = (line: string): string[] => segmentLine(line, []).map((s) => `${s.kind}:${s.text}`);

test('ANSI: colours, resets, extended colours, other escapes', () => {
  assert.deepEqual(parseAnsi('a\x1b[31mred\x1b[0m b').map((r) => [r.text, r.style.color]), [
    ['a', undefined], ['red', 1], [' b', undefined],
  ]);
  assert.equal(parseAnsi('\x1b[1;92mx')[0]?.style.color, 10);
  assert.equal(parseAnsi('\x1b[1;92mx')[0]?.style.bold, true);
  assert.equal(parseAnsi('\x1b[38;5;196mx')[0]?.style.color, 'rgb(255 0 0)');
  assert.equal(parseAnsi('\x1b[48;2;1;2;3mx')[0]?.style.background, 'rgb(1 2 3)');
  assert.equal(parseAnsi('\x1b[31m\x1b[39mx')[0]?.style.color, undefined);
  assert.equal(stripAnsi('\x1b]8;;http://x\x07link\x1b[2K\x1b[mend'), 'linkend');
});

test('JSON and logfmt are cut without losing a character', () => {
  const json = '{"msg": "a \\"b\\"", "n": -1.5e3, "ok": true, "in": {"x": [1, null]}}';
  const logfmt = 'ts=2026 level=info msg="hello \\"x\\"" dur=12ms ok=true empty= path=/a?b=c';
  for (const line of [json, logfmt, 'plain text', '', '{broken', 'a=1']) assert.equal(text(segmentLine(line, [])), line);
  assert.deepEqual(kinds('{"a":1}'), ['punctuation:{', 'key:"a"', 'punctuation::', 'number:1', 'punctuation:}']);
  assert.deepEqual(kinds('a=1 b="x"'), [
    'key:a', 'punctuation:=', 'number:1', 'plain: ', 'key:b', 'punctuation:=', 'string:"x"',
  ]);
  assert.equal(isJson('{"a":1'), false);
  assert.equal(isLogfmt('see http://x?a=1&b=2 now'), false);
});

test('hits are marked across segments', () => {
  const pattern = termPattern({ text: '":1', regex: false })!;
  const hits = segmentLine('{"a":1}', [pattern]).filter((s) => s.hit).map((s) => s.text);
  assert.equal(hits.join(''), '":1');
  const insensitive = termPattern({ text: '(?i)ERR', regex: true })!;
  assert.equal(segmentLine('an error', [insensitive]).find((s) => s.hit)?.text, 'err');
  assert.equal(termPattern({ text: '[[:alpha:', regex: true }), null);
});

test('fields under the names LogQL gives them', () => {
  assert.deepEqual(extractFields('{"a":{"b-c":1},"id":123456789012345678,"list":[1],"none":null,"t":true}'), {
    parser: 'json', fields: { a_b_c: '1', id: '123456789012345678', t: 'true' },
  });
  assert.deepEqual(extractFields('a=1 b.c="x \\"y\\"" a=2'), { parser: 'logfmt', fields: { a: '1', b_c: 'x "y"' } });
  assert.equal(extractFields('nothing here'), null);
});

test('levels', () => {
  assert.equal(normalizeLevel('WARNING'), 'warn');
  assert.equal(normalizeLevel('?'), 'unknown');
  assert.equal(levelOf({ level: 'info' }, { detected_level: 'error' }), 'error');
  assert.equal(levelOf({}, {}), 'unknown');
});

const stream = (name: string, values: Array<[string, string]>) => ({ stream: { service_name: name }, values });

test('streams become one ordered list', () => {
  const lines = flatten([stream('a', [['10', 'x'], ['9', 'w']]), stream('b', [['100', 'y']])], 'backward');
  assert.deepEqual(lines.map((l) => l.text), ['y', 'x', 'w']);
  assert.deepEqual(flatten([stream('a', [['10', 'x'], ['9', 'w']])], 'forward').map((l) => l.text), ['w', 'x']);
});

test('pages overlap by a timestamp and lose nothing', () => {
  const known = flatten([stream('a', [['20', 'x'], ['10', 'same'], ['10', 'other']])], 'backward');
  const page = flatten([stream('a', [['10', 'same'], ['10', 'same'], ['10', 'other'], ['5', 'z']])], 'backward');
  assert.deepEqual(withoutOverlap(known, page).map((l) => l.text), ['same', 'z']);
  assert.equal(withoutOverlap([], page).length, 4);
});

test('the address keeps the whole question', () => {
  const state = {
    query: '{a="b&c#d"} |= "%+ 日志"', range: { from: 'now-5m', to: 'now' },
    direction: 'forward', mode: 'instant', live: true,
  } as const;
  assert.deepEqual(fromHash(toHash(state)), state);
  assert.deepEqual(fromHash(''), DEFAULT_QUERY);
});
