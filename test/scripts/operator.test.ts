/** What an operator does at the terminal: finds and exports certificates, looks after orders, CRLs and policies, verifies, blocks keys. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../ca-core/project-root.ts';
import { openssl } from '../support/openssl.ts';
import { describeVerify } from './operator-verify.ts';
import { anOperator } from './support/an-operator.ts';

const operator = anOperator();
const { inFolder, ssl, kakuin, json } = operator;
beforeAll(() => operator.begin());
afterAll(() => operator.end());

describe('kakuin certificates', () => {
  it('finds by mailbox, case and serial number, and by state', () => {
    for (const text of ['@', 'AAAA-0001', operator.serial.slice(0, 9), 'OU2-https'])
      expect(json('certificates', 'find', text)).toMatchObject([{ serialNumber: operator.serial, state: 'good' }]);
    expect(kakuin('certificates', 'find', '--state', 'revoked')).toMatchObject({
      status: 1,
      stdout: 'No certificate fits.\n',
    });
  });

  it('shows one as OpenSSL does', () => {
    const shown = json('certificates', 'show', 'K26-AAAA-0001') as Record<string, string>;
    expect(
      kakuin('certificates', 'export', operator.serial, '--form', 'der', '--out', inFolder('own.cer')),
    ).toMatchObject({
      status: 0,
    });
    const files = { c: readFileSync(inFolder('own.cer')) };
    const fingerprint = openssl(['x509', '-inform', 'der', '-in', 'c', '-noout', '-fingerprint', '-sha256'], files);
    expect(fingerprint.trim().split('=')[1]?.replaceAll(':', '').toLowerCase()).toBe(
      shown['SHA-256 of the certificate'],
    );
    expect(shown).toMatchObject({ state: 'good', profile: 'jcan-classic', caseId: 'K26-AAAA-0001' });
  });

  it('exports the chain, which OpenSSL verifies', () => {
    const chain = kakuin('certificates', 'export', operator.serial, '--form', 'chain').stdout;
    expect(chain.match(/BEGIN CERTIFICATE/g)).toHaveLength(3);
    const root = openssl(['x509', '-inform', 'der', '-in', 'r'], { r: readFileSync(inFolder('root.cer')) });
    expect(openssl(['verify', '-CAfile', 'r', '-untrusted', 'c', 'c'], { r: root, c: chain })).toContain('OK');
  });
});

describe('kakuin orders, status, crl, profiles', () => {
  it('lists orders by state', () => {
    expect(json('orders', '--state', 'issued')).toMatchObject({
      orders: [{ caseId: 'K26-AAAA-0001' }],
      counts: { issued: 1 },
    });
    expect(json('orders', '--state', 'refused')).toMatchObject({ orders: [] });
    expect(json('orders')).toMatchObject({ documents: [], ordersWaiting: 0 });
  });

  it('says how each CRL stands', () => {
    expect(json('crl', 'status')).toMatchObject([
      { name: 'root', state: 'good', crl: { crlNumber: 1 } },
      { name: 'issuing', state: 'good' },
    ]);
  });

  it('orders a CRL, and says when nobody makes it', async () => {
    const { status, stdout } = kakuin('crl', 'publish', '--wait', '0');
    expect(stdout).toContain('the CA core has not made it');
    expect(status).toBe(1);
    expect(await operator.ca.store.crls.waiting(operator.ca.ca)).toBeGreaterThan(0);
  });

  it("takes no CRL as the root's that the root did not sign, nor an older one", () => {
    expect(kakuin('crl', 'publish', inFolder('issuing.crl'))).toMatchObject({ status: 1, stdout: '' });
    expect(kakuin('crl', 'publish', inFolder('root.crl')).stderr).toMatch(/number 1 is out already/);
  });

  it("takes the root's next CRL", () => {
    const out = inFolder('next');
    const plan = inFolder('plan.yaml');
    cpSync(join(projectRoot, 'policies', 'ceremony.yaml'), plan);
    writeFileSync(join(operator.ca.settings.home, 'root', 'passphrase'), 'the root passphrase\n', { mode: 0o600 });
    expect(kakuin('ceremony', 'root-crl', '--plan', plan, '--yes', '--out', out)).toMatchObject({ status: 0 });
    expect(json('crl', 'publish', join(out, 'root.crl'))).toMatchObject({ name: 'root', crlNumber: 2 });
    const forResponder = join(operator.ca.settings.home, 'responder', 'roots', 'root.ocsp');
    expect(readFileSync(forResponder)).toEqual(readFileSync(join(out, 'root.ocsp')));
  });

  it('checks the policies, and names every mistake of a spoiled copy', () => {
    expect(json('profiles', 'check')).toMatchObject({ mistakes: [] });
    const copy = inFolder('policies');
    cpSync(join(projectRoot, 'policies'), copy, { recursive: true });
    const spoil = (file: string, from: string, to: string): void =>
      writeFileSync(join(copy, file), readFileSync(join(copy, file), 'utf8').replace(from, to));
    spoil('profiles/jcan-classic.yaml', 'emailProtection', 'serverAuth');
    spoil('schedule.yaml', '72 hours', '72 fortnights');
    const { status, stdout } = kakuin('profiles', 'check', '--folder', copy);
    expect(stdout).toMatch(/jcan-classic\.yaml: .*serverAuth/);
    expect(stdout).toMatch(/schedule\.yaml: crl\.nextUpdateAfter/);
    expect(status).toBe(1);
  });
});

describeVerify(operator);

describe('kakuin keys', () => {
  it('writes down which keys are to be blocked, and lists those that are', () => {
    const made = json('keys', 'block', inFolder('csr'), '--because', 'found on a disk') as { digest: string };
    expect(made).toMatchObject({ keys: [expect.stringMatching(/^[0-9a-f]{64}$/)], certificates: 0 });
    ssl('req -new -key key.pem -subj /CN=x -out none.csr');
    expect(kakuin('keys', 'block', '--proof', inFolder('none.csr'), '--because', 'x').stderr).toMatch(/proves nothing/);
    expect(kakuin('keys', 'list').stdout).toBe('No key is blocked.\n');
  });
});
