import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildChanged, runScript, temporaryFolder, type Outcome } from './compiled.ts';

const home = temporaryFolder();
const kakuin = (...words: string[]): Outcome => runScript('kakuin.js', words, { KAKUIN_HOME: home });
const json = (...words: string[]): unknown => JSON.parse(kakuin(...words, '--json').stdout);

beforeAll(() => {
  buildChanged();
  expect(runScript('kakuin.js', ['ceremony'], { KAKUIN_HOME: home })).toMatchObject({ status: 0 });
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('kakuin', () => {
  it('holds a ceremony once', () => {
    expect(json('ceremony')).toMatchObject({ held: false, issuers: [{ name: 'root' }, { name: 'issuing' }] });
  });

  it('opens a one-time link whose secret is only in its fragment', () => {
    const { link, invitationId } = json('officers', 'invite', 'officer-a') as { link: string; invitationId: string };
    expect(link).toMatch(/^http:\/\/approve\.localhost:8083\/enrol\/[0-9a-f-]{36}#[0-9a-f]{64}$/);
    expect(link).toContain(invitationId);
    expect(json('officers', 'list')).toEqual({ members: [], pending: [] });
  });

  it('finds nothing wrong with a log that the CA core has not begun', () => {
    const { status, stdout } = kakuin('audit', 'verify');
    expect(stdout).toContain('has not begun');
    expect(status).toBe(0);
  });

  it('imports a register snapshot, and says what is wrong with one', () => {
    expect(json('register', 'import', '--nta', 'policies/registers/nta-snapshot.csv')).toEqual({ nta: 17 });
    const broken = kakuin('register', 'import', '--nta', 'policies/registers/robins-snapshot.yaml');
    expect(broken).toMatchObject({ status: 1, stdout: '' });
    expect(broken.stderr).toMatch(/^The policies are not valid: row 1/);
  });

  it.each([
    [['officers', 'confirm', 'nobody'], /No such invitation is open/, 1],
    [['officers', 'recover', 'officer-a', '/nowhere', '/nowhere'], /There is no file \/nowhere/, 2],
    [['register', 'import'], /Name a snapshot/, 2],
    [['officers', 'invite', '--role', 'king'], /--role is one of officer, lra, station/, 2],
    [['nonsense'], /unknown command/, 2],
  ])('refuses %j in a sentence (%s) and with exit code %i', (words, sentence, code) => {
    const { status, stderr } = kakuin(...words);
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/\n\s+at .*:\d+:\d+/);
    expect(status).toBe(code);
  });

  it('says that there is no CA in an empty home', () => {
    const { status, stderr } = runScript('kakuin.js', ['status'], { KAKUIN_HOME: join(home, 'none') });
    expect(stderr).toMatch(/^There is no CA in this home yet/);
    expect(status).toBe(1);
  });

  it.each([[[]], [['officers']], [['officers', 'confirm']], [['audit', 'verify']]])('explains %j', words => {
    const { status, stdout } = kakuin(...words, '--help');
    expect(stdout).toMatch(/^Usage: kakuin/);
    expect(status).toBe(0);
  });
});
