/** The documents that `npm run documents` writes, as they should be. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { apiReference } from './api-reference.ts';
import { factsOf } from './facts.ts';
import { fillMarks, type Language } from './marks.ts';

export interface WrittenDocument {
  /** Below the root of the repository. */
  readonly path: string;
  readonly text: string;
  readonly isUnchanged: boolean;
  readonly mistakes: readonly string[];
}

const guides = join('docs', 'guides');

/** Every document with marks, filled, and the API reference, whole. */
export function writtenDocuments(root: string): WrittenDocument[] {
  const facts = factsOf(root);
  const marked = markedDocuments(root).map(path => {
    const old = readFileSync(join(root, path), 'utf8');
    const { text, mistakes } = fillMarks(old, facts, languageOf(path));
    return { path, text, isUnchanged: text === old, mistakes };
  });
  return [...marked, wholeDocument(root, join('docs', 'api-reference.md'), apiReference())];
}

export function markedDocuments(root: string): string[] {
  const inGuides = readdirSync(join(root, guides)).filter(file => file.endsWith('.md'));
  const paths = ['ja', 'en'].map(language => join('policies', `cp-cps.${language}.md`));
  return [...paths, ...inGuides.sort().map(file => join(guides, file))];
}

const languageOf = (path: string): Language => (path.endsWith('.ja.md') ? 'ja' : 'en');

function wholeDocument(root: string, path: string, text: string): WrittenDocument {
  const old = existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : null;
  return { path, text, isUnchanged: text === old, mistakes: [] };
}
