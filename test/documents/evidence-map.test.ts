import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../../ca-core/project-root.ts';

const pages = ['evidence-map.md', 'evidence-map.ja.md'];
const textOf = (page: string): string => readFileSync(join(projectRoot, 'docs', page), 'utf8');

interface Named {
  readonly file: string;
  readonly title: string;
}

const namedIn = (text: string): Named[] =>
  [...text.matchAll(/`([\w/.-]+\.test\.ts)` “([^”]+)”/g)].map(([, file = '', title = '']) => ({ file, title }));

/** The file has the title as it stands, in whatever quotes. */
function hasTest({ file, title }: Named): boolean {
  const path = join(projectRoot, 'test', file);
  return existsSync(path) && readFileSync(path, 'utf8').includes(title);
}

describe.each(pages)('docs/%s', page => {
  const text = textOf(page);

  it('names tests that are there, by titles that they have', () => {
    const named = namedIn(text);
    expect(named.length).toBeGreaterThan(80);
    expect(named.filter(one => !hasTest(one))).toEqual([]);
  });

  it('has no line that shows nothing and is not the operator’s', () => {
    const lines = text.split('\n').filter(line => line.endsWith('| – |'));
    expect(lines.length).toBeGreaterThan(3);
    expect(lines.filter(line => !/\*(the (operator|organisation)|運営者|組織)/.test(line))).toEqual([]);
  });

  it('links to pages that are there', () => {
    const links = [...text.matchAll(/\]\(([\w./-]+)\)/g)].map(([, link = '']) => link);
    expect(links.filter(link => !existsSync(join(projectRoot, 'docs', link)))).toEqual([]);
  });
});

it('says the same in both languages', () => {
  const [english, japanese] = pages.map(page => namedIn(textOf(page)));
  expect(japanese).toEqual(english);
});
