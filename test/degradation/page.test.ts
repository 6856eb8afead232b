import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readPolicies } from '../../ca-core/index.ts';
import { projectRoot } from '../../ca-core/project-root.ts';
import { tableIn } from './page.ts';

const file = join(projectRoot, 'docs', 'degradation.md');
const { schedule } = readPolicies(join(projectRoot, 'policies'));

/** `KAKUIN_WRITE_PAGE=1` writes the tables instead of comparing them. */
it('docs/degradation.md shows the very table that is observed, with the hours of the policies', () => {
  const before = readFileSync(file, 'utf8');
  const after = (['en', 'ja'] as const).reduce(
    (text, language) =>
      text.replace(
        new RegExp(`<!-- ${language} -->[^]*?<!-- /${language} -->`),
        `<!-- ${language} -->\n\n${tableIn(language, schedule)}\n\n<!-- /${language} -->`,
      ),
    before,
  );
  if (process.env['KAKUIN_WRITE_PAGE'] === '1') writeFileSync(file, after);
  else expect(after).toBe(before);
});
