import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canFail, kindOf, lineTerms, selectorMatchers, volumeQuery } from '../src/model/logql';
import { facetOf, filterBy, filterByField, logPart, setFacet, toggleFacet, withoutFacet } from '../src/model/logql-edit';
import { literals, quote, unquote } from '../src/model/logql-text';

test('kinds of query', () => {
  const cases: Record<string, string> = {
    '': 'empty', '{a="b"}': 'logs', '{a="b"} |= "x" | json': 'logs', '({a="b"})': 'logs',
    'rate({a="b"}[5m])': 'metric', 'vector(1)': 'metric', '{a="b"': 'invalid', 'hello': 'invalid',
  };
  for (const [query, kind] of Object.entries(cases)) assert.equal(kindOf(query), kind, query);
});

test('toggling a stream facet', () => {
  const start = '{service_name=~".+"} |= "x"';
  const one = toggleFacet(start, 'service_name', 'stream', 'cart');
  assert.equal(one, '{service_name="cart"} |= "x"');
  const two = toggleFacet(one, 'service_name', 'stream', 'pay.v2');
  assert.equal(two, '{service_name=~"cart|pay\\\\.v2"} |= "x"');
  assert.deepEqual(facetOf(two, 'service_name', 'stream').included, ['cart', 'pay.v2']);
  const back = toggleFacet(two, 'service_name', 'stream', 'cart');
  assert.equal(back, '{service_name="pay.v2"} |= "x"');
  assert.equal(toggleFacet(back, 'service_name', 'stream', 'pay.v2'), start);
});

test('excluding replaces including and keeps the selector legal', () => {
  const query = toggleFacet('{app="a"}', 'app', 'stream', 'a', true);
  assert.equal(query, '{service_name=~".+", app!="a"}');
  assert.equal(toggleFacet(query, 'app', 'stream', 'a'), '{service_name=~".+", app="a"}');
});

test('what a person wrote by hand stays', () => {
  const query = '{ app=~"ca.*", zone != `eu` } != "health" | json | status >= 500';
  assert.equal(
    toggleFacet(query, 'app', 'stream', 'cart'),
    '{app=~"ca.*", zone != `eu`, app="cart"} != "health" | json | status >= 500');
});

test('text inside strings is never mistaken for syntax', () => {
  const query = '{a="}{,|"} |= "{b=\\"c\\"}" | json';
  assert.equal(toggleFacet(query, 'b', 'stream', 'x"y\\z'), '{a="}{,|", b="x\\"y\\\\z"} |= "{b=\\"c\\"}" | json');
  assert.equal(filterBy(query, 'b', 'pipeline', 'v', '='), `${query} | b="v"`);
});

test('pipeline facets', () => {
  const one = toggleFacet('{a="b"} | json', 'detected_level', 'pipeline', 'error');
  assert.equal(one, '{a="b"} | json | detected_level="error"');
  const two = toggleFacet(one, 'detected_level', 'pipeline', 'warn');
  assert.equal(two, '{a="b"} | json | detected_level=~"error|warn"');
  assert.equal(withoutFacet(two, 'detected_level', 'pipeline'), '{a="b"} | json');
  const inside = '{a="b"} | detected_level="error" or x="1" | logfmt';
  assert.equal(withoutFacet(inside, 'detected_level', 'pipeline'), inside, 'a compound filter is not a facet');
});

test('metric queries: every selector, before the range', () => {
  const query = 'sum(rate({a="b"} |= "x" [5m])) / sum(rate({a="b"}[5m]))';
  assert.equal(
    toggleFacet(query, 'zone', 'stream', 'eu'),
    'sum(rate({a="b", zone="eu"} |= "x" [5m])) / sum(rate({a="b", zone="eu"}[5m]))');
  assert.equal(
    filterBy(query, 'level', 'pipeline', 'error', '!='),
    'sum(rate({a="b"} |= "x" | level!="error" [5m])) / sum(rate({a="b"} | level!="error"[5m]))');
  assert.equal(
    filterBy('quantile_over_time(0.9, {a="b"} | logfmt | unwrap dur [1m])', 'c', 'pipeline', 'd', '='),
    'quantile_over_time(0.9, {a="b"} | logfmt | c="d" | unwrap dur [1m])');
  assert.equal(logPart(query), '{a="b"} |= "x"');
});

test('a field brings its parser, once', () => {
  const field = { name: 'status', value: '500', op: '=' } as const;
  const query = filterByField('{a="b"}', field, 'json');
  assert.equal(query, '{a="b"} | json | status="500"');
  assert.equal(filterByField(query, { ...field, name: 'path', value: '/' }, 'json'), `${query} | path="/"`);
  assert.equal(filterByField(query, field, 'json'), query);
});

test('an empty query starts from everything; a broken one is left alone', () => {
  assert.equal(toggleFacet('', 'app', 'stream', 'x'), '{service_name=~".+", app="x"}');
  assert.equal(setFacet('not a query', 'app', 'stream', { included: ['x'], excluded: [] }), 'not a query');
});

test('line terms', () => {
  assert.deepEqual(lineTerms('{a="b"} |= "x" or "y" != "no" |~ `z.*` |= ip("10.0.0.0/8")'), [
    { text: 'x', regex: false }, { text: 'y', regex: false }, { text: 'z.*', regex: true },
  ]);
  assert.deepEqual(lineTerms('{a="b"} |= ""'), []);
});

test('volume', () => {
  assert.equal(volumeQuery('{a="b"} # why', '10s'), 'sum by (detected_level) (count_over_time({a="b"} [10s]))');
  assert.match(volumeQuery('{a="b"} | json', '1m'), /\| json \| drop __error__, __error_details__ \[1m\]/);
  assert.equal(canFail('{a="b"} | x="json"'), false);
});

test('strings: quoted and read back', () => {
  for (const value of ['', 'a"b', 'back\\slash', 'new\nline', 'tab\t', '`', '日志', '\u0001', '😀']) {
    assert.equal(unquote(quote(value)), value);
    const [matcher] = selectorMatchers(`{a=${quote(value)}}`);
    assert.equal(matcher?.value, value);
  }
  assert.equal(unquote('`\\d+`'), '\\d+');
  assert.equal(unquote('"\\x41\\101\\u00e9"'), 'AAé');
});

test('literals of an alternation', () => {
  assert.deepEqual(literals('a|b\\.c'), ['a', 'b.c']);
  for (const regex of ['a.*', 'a|', '\\d', '(a|b)', '']) assert.equal(literals(regex), null, regex);
});
