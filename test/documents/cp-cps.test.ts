import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../ca-core/project-root.ts';
import { factsOf } from '../../scripts/documents/facts.ts';
import { fillMarks, markedNames, type Language } from '../../scripts/documents/marks.ts';
import { placeholdersIn } from '../../scripts/documents/operator.ts';
import { writtenDocuments } from '../../scripts/documents/written.ts';
import { temporaryFolder } from '../scripts/compiled.ts';
import { outline } from './rfc3647-outline.ts';

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const editionOf = (language: Language): string =>
  readFileSync(join(projectRoot, 'policies', `cp-cps.${language}.md`), 'utf8');

/** Number and title → what stands below it. */
function sectionsOf(text: string): Map<string, string> {
  const parts = text.split(/^#{2,4} /m).slice(1);
  return new Map(parts.map(part => [part.split('\n')[0] ?? '', part.split('\n').slice(1).join('\n').trim()]));
}

const isWhole = (number: string): boolean => !outline.some(([other]) => other.startsWith(`${number}.`));
const headingOf = (number: string, title: string): string =>
  number.includes('.') ? `${number} ${title}` : `${number}. ${title}`;

describe('the documents that are written from policies, settings and API', () => {
  it('say what these say: else run `npm run documents`', () => {
    const written = writtenDocuments(projectRoot);
    expect(written.flatMap(({ path, mistakes }) => mistakes.map(mistake => `${path}: ${mistake}`))).toEqual([]);
    expect(written.filter(({ isUnchanged }) => !isUnchanged).map(({ path }) => path)).toEqual([]);
  });

  it('would not, if a policy changed', () => {
    cpSync(join(projectRoot, 'policies'), join(folder, 'policies'), { recursive: true });
    cpSync(join(projectRoot, 'docs'), join(folder, 'docs'), { recursive: true });
    const schedule = join(folder, 'policies', 'schedule.yaml');
    const text = readFileSync(schedule, 'utf8');
    writeFileSync(schedule, text.replace('nextUpdateAfter: 72 hours', 'nextUpdateAfter: 96 hours'));
    const changed = writtenDocuments(folder).filter(({ isUnchanged }) => !isUnchanged);
    expect(changed.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['policies/cp-cps.ja.md', 'policies/cp-cps.en.md']),
    );
    expect(changed.find(({ path }) => path.endsWith('.ja.md'))?.text).toContain('>96時間<');
  });

  it('name what is not there, and marks that do not close', () => {
    const facts = factsOf(projectRoot);
    const broken = '<!--= schedule.yaml crl.never -->1<!--/--> <!--= constant roles -->';
    expect(fillMarks(broken, facts, 'en').mistakes).toEqual([
      'schedule.yaml crl.never: nothing is called that',
      '2 marks open and 1 close',
    ]);
  });
});

describe.each(['ja', 'en'] as const)('the CP/CPS in %s', language => {
  const text = editionOf(language);
  const sections = sectionsOf(text);

  it('has every heading of RFC 3647 §6, in its order, and no other', () => {
    const expected = outline.map(([number, en, ja]) => headingOf(number, language === 'ja' ? ja : en));
    expect([...sections.keys()]).toEqual(expected);
  });

  it('says something under each, or that nothing is stipulated and why', () => {
    const nothing = language === 'ja' ? '規定しない。' : 'No stipulation';
    const said = outline.filter(([number]) => isWhole(number));
    const texts = said.map(([number, en, ja]) => ({
      ...{ number, text: sections.get(headingOf(number, language === 'ja' ? ja : en)) ?? '' },
    }));
    expect(texts.filter(({ text }) => text === '')).toEqual([]);
    const unsaid = texts.filter(({ text }) => text.startsWith(nothing));
    expect(unsaid.length).toBeGreaterThan(20);
    expect(unsaid.filter(({ text }) => text.length < nothing.length + (language === 'ja' ? 10 : 30))).toEqual([]);
  });

  it('takes its durations from their marks: no number of hours or minutes is typed', () => {
    const typed = text.replace(/<!--= [\s\S]*?<!--\/-->/g, '');
    const units = language === 'ja' ? /\d+ ?(時間|分|秒|日)/ : /\d+ (hour|minute|second|day)s?\b/;
    expect(units.exec(typed)?.[0]).toBeUndefined();
  });
});

it('both editions take the same facts in the same sections', () => {
  const [ja, en] = (['ja', 'en'] as const).map(language => [...sectionsOf(editionOf(language)).values()]);
  const names = (sections: readonly string[] = []): string[][] => sections.map(text => markedNames(text).sort());
  expect(names(ja)).toEqual(names(en));
});

it('what only the operator can say is marked until it is said', () => {
  const left = placeholdersIn(join(projectRoot, 'policies'));
  for (const name of left) expect(editionOf('en')).toContain(`<!--= operator.yaml ${name} -->TO BE FILLED IN`);
  const own = join(folder, 'own');
  cpSync(join(projectRoot, 'policies'), own, { recursive: true });
  const said = readFileSync(join(own, 'operator.yaml'), 'utf8')
    .replace(/【[^】]*】/g, '定め')
    .replace(/'TO BE[^']*'/g, 'said');
  writeFileSync(join(own, 'operator.yaml'), said);
  expect(placeholdersIn(own)).toEqual([]);
});
