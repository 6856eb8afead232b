import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../ca-core/project-root.ts';
import { openssl } from '../support/openssl.ts';
import { buildChanged, runScript, temporaryFolder, type Outcome } from './compiled.ts';

const shipped = readFileSync(join(projectRoot, 'policies', 'ceremony.yaml'), 'utf8');
const folder = temporaryFolder();
const [rootMachine, caMachine, carried] = ['root-machine', 'ca-machine', 'carried'].map(name => join(folder, name)) as [
  string,
  string,
  string,
];

const run = (home: string, ...words: string[]): Outcome =>
  runScript('kakuin.js', ['ceremony', ...words], { KAKUIN_HOME: home });
const file = (name: string): Buffer => readFileSync(join(carried, name));

/** The shipped plan with changes, as a file. */
function plan(name: string, ...changes: readonly (readonly [string, string])[]): string {
  const text = changes.reduce((before, [from, to]) => before.replace(from, to), shipped);
  const path = join(folder, `${name}.yaml`);
  writeFileSync(path, text);
  return path;
}

function done(outcome: Outcome): unknown {
  expect(outcome).toMatchObject({ status: 0 });
  return JSON.parse(outcome.stdout);
}

beforeAll(() => {
  buildChanged();
  for (const one of [rootMachine, caMachine, carried]) mkdirSync(one);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('kakuin ceremony, on two machines', () => {
  const reviewed = plan(
    'reviewed',
    ['crlUrl: setting', 'crlUrl: http://localhost:8082'],
    ['crlDays: 365', 'crlDays: 180'],
  );
  const steps = ['--plan', reviewed, '--yes', '--json'];

  it('makes the root, the request, the certificates and the installation, which OpenSSL verifies', () => {
    done(run(rootMachine, 'root', ...steps, '--out', carried));
    done(run(caMachine, 'request', ...steps, '--out', carried));
    expect(openssl(['req', '-in', 'r', '-verify', '-noout', '-subject'], { r: file('issuing.csr') })).toContain(
      'Issuing CA 1',
    );
    done(run(rootMachine, 'sign', ...steps, '--request', join(carried, 'issuing.csr'), '--out', carried));
    done(run(caMachine, 'install', ...steps, '--from', carried));
    const pem = openssl(['x509', '-inform', 'der', '-in', 'root'], { root: file('root.cer') });
    const crl = openssl(['crl', '-inform', 'der', '-in', 'crl'], { crl: file('root.crl') });
    const issuing = openssl(['x509', '-inform', 'der', '-in', 'i', '-text'], { i: file('issuing.cer') });
    const judged = openssl(['verify', '-x509_strict', '-crl_check', '-CAfile', 'root', '-CRLfile', 'crl', 'issuing'], {
      root: pem,
      crl,
      issuing,
    });
    expect(judged).toContain('OK');
    expect(readFileSync(join(caMachine, 'responder', 'roots', 'root.ocsp'))).toEqual(file('root.ocsp'));
    expect(issuing).toContain('URI:http://localhost:8082/crl/root.crl');
    expect(issuing).not.toContain('OCSP');
    expect(
      Number(openssl(['crl', '-noout', '-nextupdate', '-in', 'c'], { c: crl }).match(/20\d\d/)?.[0]),
    ).toBeGreaterThan(2000);
  });

  it('keeps the root away from the CA machine, and the other way round', () => {
    expect(existsSync(join(caMachine, 'root', 'keys', 'root.json'))).toBe(false);
    expect(existsSync(join(rootMachine, 'ca'))).toBe(false);
    expect(existsSync(join(rootMachine, 'kakuin.db'))).toBe(false);
  });

  it('has the same certificate for the same request, whoever repeats a step', () => {
    const before = file('issuing.cer');
    done(run(rootMachine, 'sign', ...steps, '--request', join(carried, 'issuing.csr'), '--out', carried));
    done(run(caMachine, 'install', ...steps, '--from', carried));
    expect(file('issuing.cer')).toEqual(before);
    expect(openssl(['crl', '-inform', 'der', '-in', 'c', '-noout', '-crlnumber'], { c: file('root.crl') })).toMatch(
      /2$/m,
    );
  });

  it('writes transcripts that name everything and hold no secret', () => {
    const transcripts = join(rootMachine, 'root', 'transcripts');
    expect(readdirSync(transcripts).filter(name => name.endsWith('.txt'))).toEqual([
      '0001-root.txt',
      '0002-sign.txt',
      '0003-sign.txt',
    ]);
    const text = readFileSync(join(transcripts, '0002-sign.txt'), 'utf8');
    const fingerprint = openssl(['x509', '-inform', 'der', '-in', 'i', '-noout', '-fingerprint', '-sha256'], {
      i: file('issuing.cer'),
    });
    expect(text).toContain(fingerprint.trim().split('=')[1]?.replaceAll(':', '').toLowerCase());
    expect(text).toContain(process.versions.openssl);
    expect(text).toMatch(/operator {2}operator-2 +_+/);
    expect(statSync(join(transcripts, '0002-sign.txt')).mode & 0o777).toBe(0o644);
    const secret = readFileSync(join(rootMachine, 'root', 'passphrase'), 'utf8').trim();
    const operator = readFileSync(join(caMachine, 'operators', 'operator-1'), 'utf8').trim();
    const all = [transcripts, join(caMachine, 'ceremony')].flatMap(place =>
      readdirSync(place).map(name => readFileSync(join(place, name), 'utf8')),
    );
    for (const one of all) for (const hidden of [secret, operator]) expect(one).not.toContain(hidden);
  });

  it('takes an issuing CA back on the next CRL of the root', () => {
    const serial = openssl(['x509', '-inform', 'der', '-in', 'i', '-noout', '-serial'], { i: file('issuing.cer') });
    const hex = serial.trim().split('=')[1]?.toLowerCase() ?? '';
    const out = join(folder, 'crl-out');
    const unknown = run(rootMachine, 'root-crl', ...steps, '--out', out, '--revoke', '00112233');
    expect(unknown).toMatchObject({ status: 1, stdout: '' });
    done(run(rootMachine, 'root-crl', ...steps, '--out', out, '--revoke', hex, '--reason', 'cessationOfOperation'));
    const text = openssl(['crl', '-inform', 'der', '-in', 'c', '-noout', '-text'], {
      c: readFileSync(join(out, 'root.crl')),
    });
    expect(text).toContain(hex.toUpperCase());
    expect(text).toContain('Cessation Of Operation');
  });

  it('signs a new root with the old one', () => {
    const second = plan(
      'second',
      ['name: root', 'name: root-2'],
      ['home: root', 'home: root-2'],
      ['Root CA 1', 'Root CA 2'],
      ['algorithm: p-384', 'algorithm: rsa-4096'],
    );
    const out = join(folder, 'cross');
    done(run(rootMachine, 'root', '--plan', second, '--yes', '--json', '--out', out));
    done(run(rootMachine, 'cross', ...steps, '--certificate', join(out, 'root-2.cer'), '--out', out));
    const pem = (name: string, place: string): string =>
      openssl(['x509', '-inform', 'der', '-in', 'c'], { c: readFileSync(join(place, name)) });
    const cross = openssl(['x509', '-inform', 'der', '-in', 'c', '-text'], {
      c: readFileSync(join(out, 'cross-by-root.cer')),
    });
    expect(openssl(['verify', '-CAfile', 'r', 'c'], { r: pem('root.cer', carried), c: cross })).toContain('OK');
    expect(cross).toContain('CN = Kakuin Root CA 2');
    expect(cross).toContain('4096 bit');
    expect(cross).toContain('CA:TRUE, pathlen:1');
  });

  it.each([
    ['another name', ['Issuing CA 1', 'Issuing CA 9'], /another name than the plan/],
    ['another kind of key', ['algorithm: p-256', 'algorithm: p-384'], /the plan says p-384/],
  ] as const)('signs no request with %s than the plan', (what, change, sentence) => {
    const other = plan(what.replaceAll(' ', '-'), change);
    const words = ['--plan', other, '--yes', '--request', join(carried, 'issuing.csr'), '--out', join(folder, 'never')];
    const { status, stderr } = run(rootMachine, 'sign', ...words);
    expect(stderr).toMatch(sentence);
    expect(status).toBe(1);
    expect(existsSync(join(folder, 'never'))).toBe(false);
  });

  it('makes nothing of a plan with mistakes, and names them all', () => {
    const wrong = plan('wrong', ['algorithm: p-384', 'algorithm: rsa-2048'], ['crlDays: 365', 'crlDays: 999']);
    const nowhere = join(folder, 'nowhere');
    const { status, stderr } = run(nowhere, '--plan', wrong, '--yes');
    expect(stderr).toMatch(/4096 bits/);
    expect(stderr).toMatch(/12 months/);
    expect(status).toBe(1);
    expect(existsSync(nowhere)).toBe(false);
  });

  it('asks for --yes where nobody can confirm', () => {
    expect(run(caMachine, '--plan', reviewed)).toMatchObject({ status: 2, stdout: '' });
  });
});
