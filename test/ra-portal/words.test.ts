import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPolicies } from '../../ca-core/index.ts';
import { projectRoot } from '../../ca-core/project-root.ts';
import { statusOf } from '../../ra-portal/pages/refusals.ts';
import { catalogue, isWordKey, say } from '../../ra-portal/words/words.ts';

const { ja, en } = catalogue;
const holes = (sentence: string): string[] => (sentence.match(/\{\w+\}/g) ?? []).sort();

describe('the catalogue', () => {
  it('has the same keys in both languages, none of them empty', () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(ja).sort());
    expect(Object.values(ja).filter(sentence => sentence.trim() === '')).toEqual([]);
    expect(Object.values(en).filter(sentence => sentence.trim() === '')).toEqual([]);
  });

  it('fills the same holes in both languages', () => {
    for (const [key, sentence] of Object.entries(ja)) {
      expect(holes(Object.entries(en).find(([name]) => name === key)?.[1] ?? ''), key).toEqual(holes(sentence));
    }
  });

  it('has a sentence for every refusal', () => {
    for (const code of Object.keys(statusOf)) expect(isWordKey(`error.${code}`), code).toBe(true);
  });

  it('has Japanese in Japanese and none in English but names and examples', () => {
    const japanese = /[\u3040-\u30ff\u4e00-\u9fff]/;
    const untranslated = Object.entries(en)
      .filter(([, sentence]) => japanese.test(sentence))
      .map(([key]) => key);
    expect(untranslated).toEqual(['app.switch']);
  });

  it('has every key that a view names', () => {
    const folder = join(projectRoot, 'ra-portal', 'views');
    const named = readdirSync(folder).flatMap(file => {
      const text = readFileSync(join(folder, file), 'utf8');
      return [...text.matchAll(/say\('([\w.]+[\w])'[,)]/g)].map(found => `${file}: ${found[1] ?? ''}`);
    });
    expect(named.length).toBeGreaterThan(100);
    expect(named.filter(name => !isWordKey(name.split(': ')[1] ?? ''))).toEqual([]);
  });

  it('says of every class of retention since when it counts', () => {
    const { classes } = readPolicies(join(projectRoot, 'policies')).retention;
    for (const { from } of Object.values(classes)) expect(isWordKey(`retention.from.${from}`), from).toBe(true);
  });

  it('says that tokens come to the portal by a command alone, and that a renewal brings another token', () => {
    for (const words of [ja, en]) expect(words['usbTokens.none']).toContain('kakuin station tokens enter');
    expect(ja['renew.stays']).toContain('新しいトークン');
    expect(en['renew.stays']).toContain('a new token');
  });

  it('leaves a hole that nobody fills visible', () => {
    expect(say('en', 'queue.count')).toBe('Cases: {count}');
  });
});
