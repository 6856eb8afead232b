import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../../ca-core/project-root.ts';
import { routes, rulesFor } from '../../ra-portal/pages/routes.ts';

const folder = join(projectRoot, 'docs', 'guides');
const names = ['applicant', 'lra', 'officer', 'operator', 'relying-party', 'scale'];
const pages = names.flatMap(name => [`${name}.ja.md`, `${name}.en.md`]);
const textOf = (page: string): string => readFileSync(join(folder, page), 'utf8');

/** Every word that a file of scripts/commands gives to commander as a command or an option. */
const commandTexts = readdirSync(join(projectRoot, 'scripts', 'commands')).map(file =>
  readFileSync(join(projectRoot, 'scripts', 'commands', file), 'utf8'),
);
const known = (word: string): boolean =>
  commandTexts.some(text => new RegExp(`(command|option)\\(\\s*['"\`]${word}[ '"\`]`, 'i').test(text));

/** `kakuin …`, in lines of code and between backticks, without the values that people fill in. */
function commandsIn(text: string): string[] {
  const lines = [...text.matchAll(/^kakuin (.+)$/gm), ...text.matchAll(/`kakuin ([^`]+)`/g)];
  return lines.map(([, words = '']) => words).filter(words => !words.startsWith('npm'));
}

const steps = ['root', 'request', 'sign', 'install', 'root-crl', 'cross'];

/** The first word is a command; its second one is, too, where there is one in lower case; every option is known. */
function unknownIn(words: string): string[] {
  const [first = '', second = '', ...rest] = words.split(' ');
  const isSub =
    /^[a-z-]+$/.test(second) && !second.startsWith('-') && !(first === 'ceremony' && steps.includes(second));
  const named = [first, ...(isSub ? [second] : []), ...[second, ...rest].filter(word => word.startsWith('--'))];
  return named.filter(word => word !== '--json' && !known(word));
}

const manifest = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

describe.each(pages)('docs/guides/%s', page => {
  const text = textOf(page);

  it('names commands and options that there are', () => {
    expect(commandsIn(text).flatMap(words => unknownIn(words).map(word => `${word} in: kakuin ${words}`))).toEqual([]);
    const scripts = [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, name = '']) => name);
    expect(scripts.filter(name => manifest.scripts[name] === undefined)).toEqual([]);
  });

  it('names addresses of the portal that there are', () => {
    const paths = [...text.matchAll(/`(\/[a-z][\w/…-]*)`/g)].map(([, path = '']) => path.replace('…', 'x'));
    expect(paths.filter(path => rulesFor('GET', path).length === 0)).toEqual([]);
  });

  it('names settings that a program reads', () => {
    const settings = [...new Set([...text.matchAll(/KAKUIN_[A-Z_]+[A-Z]/g)].map(([name]) => name))];
    const sources = ['ca-core', 'crl-publisher', 'ocsp-responder', 'scripts']
      .flatMap(where => readdirSync(join(projectRoot, where)).map(file => join(projectRoot, where, file)))
      .filter(file => file.endsWith('.ts'))
      .map(file => readFileSync(file, 'utf8'))
      .join('\n');
    expect(settings.filter(name => !sources.includes(name))).toEqual([]);
  });

  it('leads to pages and pictures that are there', () => {
    const links = [...text.matchAll(/\]\(([^)#:]+)\)/g)].map(([, link = '']) => link);
    expect(links.filter(link => !existsSync(join(dirname(join(folder, page)), link)))).toEqual([]);
  });
});

it('both languages of a guide have the same sections, commands and pictures', () => {
  for (const name of names) {
    const [ja, en] = [textOf(`${name}.ja.md`), textOf(`${name}.en.md`)];
    const shapeOf = (text: string): unknown => ({
      sections: [...text.matchAll(/^#+ /gm)].map(([mark]) => mark),
      commands: [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block),
      pictures: [...text.matchAll(/screens\/([\w-]+)-(ja|en)\.webp/g)].map(([, picture]) => picture),
    });
    expect(shapeOf(ja), name).toEqual(shapeOf(en));
  }
});

it('every page of an officer, an LRA and an operator that stands alone in the menu is in a guide', () => {
  const said = pages.map(textOf).join('\n');
  const doors = [
    '/apply',
    '/lra',
    '/lra/bulk',
    '/lra/ending',
    '/officer',
    '/officer/lists',
    '/officer/reports',
    '/operations',
  ];
  expect(doors.filter(door => routes[`GET ${door}`] === undefined || !said.includes(`\`${door}\``))).toEqual([]);
});
