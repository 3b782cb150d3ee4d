import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { en } from '../src/i18n/en';
import { zh } from '../src/i18n/zh';

const holes = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]!).sort();

test('translations fill the same blanks', () => {
  for (const [key, text] of Object.entries(en)) assert.deepEqual(holes(zh[key as keyof typeof en]), holes(text), key);
});

test('every word is said somewhere', () => {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/i18n.(en|zh)/.test(name))
    .map((name) => readFileSync(`src/${name}`, 'utf8')).join('');
  const computed = /^(unit|tail)\./;
  assert.deepEqual(Object.keys(en).filter((key) => !computed.test(key) && !sources.includes(`'${key}'`)), []);
});
