import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot } from '../../ca-core/project-root.ts';

it('docs/asvs.md names tests and files that are there', () => {
  const text = readFileSync(join(projectRoot, 'docs', 'asvs.md'), 'utf8');
  const tests = [...text.matchAll(/`([\w/.-]+\.test\.ts)`/g)].map(([, name = '']) => join('test', name));
  const files = [...text.matchAll(/`((?:ra-portal|approval-desk)\/pages\/[\w.-]+)`|\]\((decisions\/[^)]+)\)/g)];
  const named = [...tests, ...files.map(([, file, decision = '']) => file ?? join('docs', decision))];
  expect(named.length).toBeGreaterThan(60);
  expect(named.filter(name => !existsSync(join(projectRoot, name)))).toEqual([]);
});
