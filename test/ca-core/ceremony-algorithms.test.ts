import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { encodeCaRequest } from '../../ca-core/ceremony/ca-request.ts';
import { readCeremonyPlan, type PlannedRoot } from '../../ca-core/ceremony/plan.ts';
import { caKey, openRootAuthority, type RootAuthority } from '../../ca-core/ceremony/root-authority.ts';
import { systemClock } from '../../ca-core/clock.ts';
import type { SigningKeyAlgorithm } from '../../ca-core/keys/key-store.ts';
import { openKeyStore } from '../../ca-core/keys/open-key-store.ts';
import { readOcspBundle } from '../../ca-core/x509/ocsp-bundle.ts';
import { projectRoot } from '../../ca-core/project-root.ts';
import { readPolicies } from '../../ca-core/profiles/read-policies.ts';
import { refusalFrom } from '../support/refusal.ts';
import { openssl } from '../support/openssl.ts';
import { softHsm } from '../support/soft-hsm.ts';

const folder = mkdtempSync(join(tmpdir(), 'kakuin-ceremony-'));
const hsm = softHsm();
const policies = readPolicies(join(projectRoot, 'policies'));
const shipped = readCeremonyPlan(readFileSync(join(projectRoot, 'policies', 'ceremony.yaml'), 'utf8'), policies);

afterAll(() => {
  hsm.end();
  rmSync(folder, { recursive: true, force: true });
});

function open(name: string, planned: Partial<PlannedRoot>): Promise<RootAuthority> {
  const plan = { ...shipped.root, ...planned };
  const where = { home: join(folder, name), passphrase: 'a passphrase', crlUrl: 'http://crl.example' };
  return openRootAuthority({ ...where, planned: plan, policies, clock: systemClock });
}

async function requestFor(algorithm: SigningKeyAlgorithm, name: string): Promise<Uint8Array> {
  const keys = openKeyStore({ keys: 'file', home: join(folder, name), passphrase: 'another passphrase' });
  return encodeCaRequest(await caKey(keys, 'issuing', { algorithm }), shipped.issuing.subject);
}

const pem = (der: Uint8Array): string => openssl(['x509', '-inform', 'der', '-in', 'c'], { c: der });

describe('a ceremony with each kind of key', () => {
  it.each([
    ['rsa-4096', 'p-256', 'file'],
    ['p-384', 'rsa-4096', 'file'],
    ['ed25519', 'ed25519', 'file'],
    ['p-384', 'ed25519', 'file'],
    ['p-384', 'p-256', 'token'],
    ['rsa-4096', 'p-384', 'token'],
  ] as const)(
    'root %s, issuing CA %s, root key in a %s: OpenSSL verifies chain and CRL',
    async (above, below, place) => {
      const name = `${above}-${below}-${place}`;
      if (place === 'token') hsm.addToken(name);
      const keys = place === 'token' ? hsm.uri(name) : 'file';
      const authority = await open(name, { algorithm: above, keys });
      const request = await requestFor(below, name);
      const issuing = await authority.certify(request, { ...shipped.issuing, algorithm: below });
      const { crl, answers } = await authority.signCrl();
      await authority.close();
      const files = { root: pem(authority.certificate.der), issuing: pem(issuing.der) };
      const list = openssl(['crl', '-inform', 'der', '-in', 'c'], { c: crl });
      const args = ['verify', '-x509_strict', '-crl_check', '-CAfile', 'root', '-CRLfile', 'crl', 'issuing'];
      expect(openssl(args, { ...files, crl: list })).toContain('OK');
      const text = openssl(['x509', '-in', 'i', '-noout', '-text'], { i: files.issuing });
      expect(text).toContain('URI:http://crl.example/crl/root.crl');
      expect(text).not.toContain('OCSP - URI');
      const [answer = new Uint8Array(0)] = readOcspBundle(answers);
      const ask = ['ocsp', '-issuer', 'root', '-cert', 'issuing', '-CAfile', 'root', '-no_nonce', '-respin', 'answer'];
      expect(openssl(ask, { ...files, answer })).toContain('issuing: good');
    },
  );

  it('opens the root again as it was, and refuses a plan for another', async () => {
    const first = await open('again', {});
    await first.close();
    const second = await open('again', {});
    await second.close();
    expect(second.certificate.der).toEqual(first.certificate.der);
    expect(await refusalFrom(open('again', { algorithm: 'p-256' }))).toMatchObject({ code: 'signerUnfit' });
    const subject = [{ type: 'CN' as const, value: 'Another Root' }];
    expect(await refusalFrom(open('again', { subject }))).toMatchObject({ code: 'signerUnfit' });
  });
});
