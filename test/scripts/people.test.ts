/** The first administrator comes from the console, by two operators. */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildChanged, runScript, temporaryFolder, type Outcome } from './compiled.ts';

const home = temporaryFolder();
const kakuin = (...words: string[]): Outcome => runScript('kakuin.js', words, { KAKUIN_HOME: home });
let secrets: readonly string[] = [];

beforeAll(() => {
  buildChanged();
  expect(runScript('kakuin.js', ['ceremony'], { KAKUIN_HOME: home })).toMatchObject({ status: 0 });
  const folder = join(home, 'operators');
  secrets = readdirSync(folder).map(name => join(folder, name));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const add = (...more: string[]): Outcome => kakuin('people', 'add', 'Kanri@Operator.example', '管理 太郎', ...more);

describe('kakuin people', () => {
  it('gives the first administrator an account, a link and a code', () => {
    const { status, stdout, stderr } = add(...secrets, '--role', 'administrator', '--json');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const { link } = JSON.parse(stdout) as { link: { url: string; code: string } };
    expect(link.url).toMatch(/^http:\/\/localhost:8080\/people\/enrol\/[\w-]{32}$/);
    expect(link.code).toMatch(/^\d{8}$/);
    const listed = JSON.parse(kakuin('people', 'list', '--json').stdout) as { people: unknown[] };
    expect(listed.people).toMatchObject([{ mailbox: 'kanri@operator.example', roles: ['administrator'] }]);
    expect(kakuin('people', 'list').stdout).toContain('administrator');
  });

  it('takes back and gives roles, by two as well', () => {
    const change = (...words: string[]): Outcome =>
      kakuin('people', 'change', 'kanri@operator.example', ...words, '--json');
    expect(change('grant', ...secrets, '--role', 'caOperator')).toMatchObject({ status: 0 });
    expect(change('withdraw', ...secrets, '--role', 'administrator')).toMatchObject({ status: 0 });
    const listed = JSON.parse(kakuin('people', 'list', '--json').stdout) as { people: unknown[] };
    expect(listed.people).toMatchObject([{ roles: ['caOperator'] }]);
  });

  it('refuses in a sentence what one operator wants alone, and what must not be', () => {
    const [one = '', other = ''] = secrets;
    const wrong = join(home, 'wrong');
    writeFileSync(wrong, 'no secret');
    const tries: [Outcome, RegExp, number][] = [
      [add(one, one, '--role', 'auditor'), /two operators/, 1],
      [add(one, wrong, '--role', 'auditor'), /two operators/, 1],
      [add(one, '--role', 'auditor'), /two operators/, 2],
      [add(one, other, '--role', 'officer'), /role is not right/, 2],
      [add(one, other, '--role', 'auditor'), /belongs to somebody already/, 1],
      [add(one, other), /required option '--role/, 2],
      [
        kakuin('people', 'change', 'kanri@operator.example', 'grant', one, other, '--role', 'auditor'),
        /must not be combined/,
        1,
      ],
      [kakuin('people', 'change', 'nobody@operator.example', 'recover', one, other), /no such person/, 1],
    ];
    for (const [{ status, stderr }, sentence, code] of tries) {
      expect(stderr).toMatch(sentence);
      expect(stderr).not.toMatch(/\n\s+at .*:\d+:\d+/);
      expect(status).toBe(code);
    }
  });

  it('explains itself', () => {
    expect(kakuin('people', '--help')).toMatchObject({ status: 0 });
    expect(kakuin('people', 'add', '--help').stdout).toContain('--role');
  });
});
