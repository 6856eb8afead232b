/** The operator's commands for backups as a stranger types them: a home is backed up, lost, restored, recovered, compared. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migratePortal } from '../../ra-portal/store/database.ts';
import { aCa, aRequestedKey, settle, type ACa } from '../support/a-ca.ts';
import { buildChanged, runScript, type Outcome } from './compiled.ts';

const folder = mkdtempSync(join(tmpdir(), 'kakuin-backup-commands-'));
const at = (...names: string[]): string => join(folder, ...names);
let ca: ACa;

const inHome = (home: string, ...words: string[]): Outcome =>
  runScript('kakuin.js', words, {
    KAKUIN_HOME: home,
    KAKUIN_BACKUP: at('to'),
    KAKUIN_BACKUP_KEY: at('keys', 'backup.pub'),
  });
const kakuin = (...words: string[]): Outcome => inHome(ca.settings.home, ...words);
const restoreWords = (): string[] => {
  const file = readdirSync(at('to')).find(name => name.endsWith('.kakuin')) ?? '';
  return [
    'restore',
    '--from',
    at('to', file),
    '--key',
    at('keys', 'backup-key.json'),
    '--passphrase-file',
    at('passphrase'),
  ];
};

beforeAll(async () => {
  buildChanged();
  ca = await aCa({ database: 'sqlite' });
  await migratePortal(ca.database);
  await ca.approve(ca.aCase({ subjectKey: aRequestedKey() }));
  const core = await ca.open();
  await settle(core);
  await core.close();
  writeFileSync(at('passphrase'), 'correct horse battery\n');
});
afterAll(async () => {
  await ca.end();
  rmSync(folder, { recursive: true, force: true });
});

describe('kakuin', () => {
  it.each(['backup', 'backup-key', 'restore', 'recover', 'reconcile'])('%s tells what it is for', command => {
    const { status, stdout } = kakuin(command, '--help');
    expect(status).toBe(0);
    expect(stdout).toContain('--json');
  });

  it('draws no key under a short passphrase, and none over another', () => {
    writeFileSync(at('short'), 'short');
    expect(kakuin('backup-key', '--out', at('keys'), '--passphrase-file', at('short'))).toMatchObject({ status: 2 });
    expect(kakuin('backup-key', '--out', at('keys'), '--passphrase-file', at('passphrase'))).toMatchObject({
      status: 0,
    });
    expect(readdirSync(at('keys')).sort()).toEqual(['backup-key.json', 'backup.pub']);
    expect(kakuin('backup-key', '--out', at('keys'), '--passphrase-file', at('passphrase'))).toMatchObject({
      status: 2,
    });
  });

  it('backs up, and says what it wrote', () => {
    const { status, stdout } = kakuin('backup', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ folder: at('to'), leftOut: [] });
    expect(existsSync(at('to', 'last-backup.json'))).toBe(true);
  });

  it('refuses a file that is no backup, a key that is none, a passphrase that is wrong, a place that is taken', () => {
    const words = restoreWords();
    expect(kakuin(...words)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('it knows more than a backup') as string,
    });
    expect(kakuin(...words, '--only', 'soup')).toMatchObject({ status: 2 });
    const [, , file = '', , key = ''] = words;
    expect(kakuin(...words.map(word => (word === file ? at('passphrase') : word)))).toMatchObject({ status: 1 });
    expect(kakuin(...words.map(word => (word === file ? at('nowhere') : word)))).toMatchObject({ status: 2 });
    expect(kakuin(...words.map(word => (word === key ? at('passphrase') : word)))).toMatchObject({ status: 1 });
    expect(kakuin(...words.map(word => (word === at('passphrase') ? at('short') : word)))).toMatchObject({ status: 1 });
  });

  it('restores into an empty home, recovers, and every place says the same', () => {
    const home = at('home');
    mkdirSync(home);
    cpSync(ca.settings.passphraseFile, join(home, 'passphrase'));
    const restored = inHome(home, ...restoreWords());
    expect(restored).toMatchObject({ status: 0, stderr: '' });
    expect(restored.stdout).toContain('kakuin -- recover');
    const refused = inHome(home, 'recover', '--crl', at('to'));
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toMatch(/no CRL of issuing was given or found.*--crl none says that there is none anywhere/);
    // A mark that this account cannot take away keeps nobody from reading the report.
    const mark = join(home, 'responder', 'restored.json');
    rmSync(mark);
    mkdirSync(mark);
    const recovered = inHome(home, 'recover', '--crl', 'none');
    expect(recovered).toMatchObject({ status: 1, stderr: expect.stringContaining(mark) as string });
    for (const text of ['a backup of', 'RPO ', 'RTO ', 'The CA core may be started.'])
      expect(recovered.stdout).toContain(text);
    rmSync(mark, { recursive: true });
    expect(inHome(home, 'recover')).toMatchObject({ status: 0, stderr: '' });
    expect(existsSync(join(home, 'ca', 'restored.json'))).toBe(false);
    const compared = inHome(home, 'reconcile', '--json');
    const { findings, counts } = JSON.parse(compared.stdout) as { findings: { kind: string }[]; counts: object };
    expect(findings.filter(({ kind }) => kind !== 'publishedCrlDiffers')).toEqual([]);
    expect(counts).toMatchObject({ signed: 1, certificates: 1 });
  });
});
