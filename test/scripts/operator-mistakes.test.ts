/** A mistake at the terminal: one sentence that says what to mend, the exit code that scripts rely on, and nothing else. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aCa, type ACa } from '../support/a-ca.ts';
import { buildChanged, runScript, type Outcome } from './compiled.ts';

let ca: ACa;
beforeAll(async () => {
  buildChanged();
  ca = await aCa({ database: 'sqlite' });
});
afterAll(() => ca.end());

const kakuin = (...words: readonly string[]): Outcome =>
  runScript('kakuin.js', words, { KAKUIN_HOME: ca.settings.home });

describe('a mistake at the terminal', () => {
  it.each([
    [['certificates', 'find', '--state', 'lost'], 2, /--state is one of/],
    [['certificates', 'show'], 2, /missing required argument/],
    [['certificates', 'show', 'ffff'], 1, /no such certificate/],
    [['certificates', 'export', 'ffff', '--form', 'gif'], 2, /--form is one of/],
    [['orders', '--state', 'odd'], 2, /--state is one of/],
    [['revoke', 'ffff'], 2, /either --reason or --release/],
    [['revoke', 'ffff', '--reason', 'boredom'], 2, /--reason is one of/],
    [['revoke', 'ffff', '--reason', 'superseded'], 1, /no such certificate/],
    [['revoke', '--reason', 'superseded'], 2, /Name a certificate, or choose many/],
    [['revoke', 'ffff', '--reason', 'superseded', '--dry-run'], 2, /for many certificates/],
    [['revoke', '--profile', 'x', '--list', 'y', '--reason', 'superseded'], 2, /Choose by one of/],
    [['revoke', '--list', '/nowhere', '--reason', 'superseded'], 2, /no file/],
    [['revoke', '--organisation', '1234567890123', '--reason', 'superseded'], 2, /with its check digit/],
    [['revoke', '--profile', 'none', '--reason', 'superseded'], 2, /There is no profile none/],
    [['revoke', '--list', 'package.json', '--reason', 'superseded'], 1, /Line 1 is no serial number/],
    [['revoke', '--key', 'package.json', '--reason', 'superseded'], 1, /no public key in it/],
    [['keys', 'block', 'package.json'], 2, /Say why with --because/],
    [['keys', 'block', '--because', 'x'], 2, /Name a file with keys, or --proof/],
    [['keys', 'unblock', 'package.json', '--because', 'x'], 1, /no public key in it/],
    [['crl', 'publish', '/nowhere'], 2, /no file/],
    [['ca', 'publish', '/nowhere'], 2, /no file/],
    [['ca', 'activate', 'issuing-9'], 1, /no such issuing CA here: issuing-9\. There are issuing\./],
    [['audit', 'prove'], 2, /--subject or --since/],
    [['audit', 'show', '--last', 'x'], 2, /--last takes a whole number/],
    [['orders', '--state', 'all', '--last', '1.5'], 2, /--last takes a whole number/],
    [['profiles', 'check', '--folder', '/nowhere'], 2, /no folder/],
    [['verify', '/nowhere'], 2, /no file/],
    [['verify', 'docs'], 2, /docs is a folder; name a file in it/],
    [['crl', 'publish', 'docs'], 2, /docs is a folder/],
    [['ca', 'publish', 'docs'], 2, /docs is a folder/],
    [['register', 'import', '--nta', 'docs'], 2, /docs is a folder/],
    [['register', 'import', '--robins', '/nowhere'], 2, /no file/],
    [['profiles', 'check', '--folder', 'package.json'], 2, /package.json is no folder/],
    [['audit', 'export', '--out', 'package.json'], 2, /package.json is no folder/],
    [['certificates', 'export', 'ffff', '--out', '/nowhere/c.pem'], 2, /no folder \/nowhere/],
    [['ceremony', '--plan', '/nowhere.yaml'], 2, /^There is no file \/nowhere.yaml\.\n$/],
    [['ceremony', '--plan', 'docs', '--yes'], 2, /docs is a folder/],
    [['ceremony', 'root', '--plan', 'policies/ceremony.yaml', '--out', 'package.json', '--yes'], 2, /is no folder/],
    [['verify', 'package.json', '--offline'], 1, /cannot be read/],
  ] as const)('%j ends with %i', (words, code, sentence) => {
    const { status, stderr, stdout } = kakuin(...words);
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(stdout).toBe('');
    expect(status).toBe(code);
  });

  it.each(['certificates', 'certificates find', 'revoke', 'crl publish', 'profiles check', 'verify', 'ceremony sign'])(
    '%s --help explains',
    words => {
      expect(kakuin(...words.split(' '), '--help')).toMatchObject({ status: 0, stderr: '' });
    },
  );
});
