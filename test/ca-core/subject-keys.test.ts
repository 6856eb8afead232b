import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CaseDocument, RevocationDocument, SubjectKey } from '../../ca-core/approvals/documents.ts';
import { openEncryptedFileKeyStore } from '../../ca-core/keys/encrypted-file-key-store.ts';
import type { OpenCa } from '../../ca-core/open-ca.ts';
import { readCertificationRequest } from '../../ca-core/x509/certification-request.ts';
import { implicit, integer, sequence, set, toHex } from '../../ca-core/x509/der.ts';
import { signed, type SigningKey } from '../../ca-core/x509/signed.ts';
import { aCa, aRequestedKey, settle, type ACa } from '../support/a-ca.ts';
import { opensslBytes } from '../support/openssl.ts';

let platform: ACa;
let core: OpenCa;

beforeAll(async () => {
  platform = await aCa();
  core = await platform.open();
});

afterAll(async () => {
  await core.close();
  await platform.end();
});

/** What becomes of an approved case with this key: `issued`, or the reason. */
async function outcomeOf(change: Partial<CaseDocument>): Promise<string> {
  const document = platform.aCase(change);
  await platform.approve(document);
  await settle(core);
  const order = await platform.store.orders.ofCase(document.caseId);
  const refusal = order?.refusal;
  return refusal == null ? (order?.state ?? 'none') : `${refusal.code} ${Object.values(refusal.values).join(' ')}`;
}

/** A request for the very key of a CA, which only the CA itself could make. */
async function requestFor(key: SigningKey): Promise<SubjectKey> {
  const request = await signed(sequence(integer(0), sequence(), key.publicKey, implicit(0, set())), key);
  return { from: 'csr', subjectPublicKeyInfo: toHex(key.publicKey), certificationRequest: toHex(request) };
}

describe('a key of a PKCS#10', () => {
  it('that was revoked for keyCompromise is never certified again, in any process', async () => {
    const subjectKey = aRequestedKey();
    const first = platform.aCase({ subjectKey });
    await platform.approve(first);
    await settle(core);
    const certificate = await platform.store.certificates.ofCase(first.caseId);
    expect(await outcomeOf({ subjectKey })).toBe('issued');
    const revocation: RevocationDocument = {
      kind: 'revocation',
      version: 1,
      ca: platform.ca,
      serialNumber: certificate?.serialNumber ?? '',
      reason: 'keyCompromise',
      invalidityDate: null,
      requestedAt: platform.clock.now(),
    };
    await platform.approve(revocation, platform.officers.slice(0, 1));
    await settle(core);
    expect(await outcomeOf({ subjectKey })).toBe('keyUnacceptable revoked for keyCompromise');
    await core.close();
    core = await platform.open();
    expect(await outcomeOf({ subjectKey })).toBe('keyUnacceptable revoked for keyCompromise');
    expect(await outcomeOf({ subjectKey: aRequestedKey() })).toBe('issued');
  });

  it('is not the issuing CA’s, nor the root CA’s', async () => {
    const roots = openEncryptedFileKeyStore({
      folder: join(platform.settings.home, 'root', 'keys'),
      passphrase: 'the root passphrase',
    });
    for (const key of [core.ca.issuer.key, await roots.open('root')]) {
      expect(await outcomeOf({ subjectKey: await requestFor(key) })).toBe("keyUnacceptable the CA's own key");
    }
  });

  it('is refused when the request asks for more than the profile gives', async () => {
    const der = opensslBytes(
      [
        'req',
        '-new',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-keyout',
        'key',
        '-subj',
        '/CN=x',
      ].concat(['-outform', 'DER', '-addext', 'extendedKeyUsage=serverAuth']),
    );
    const { subjectPublicKeyInfo } = readCertificationRequest(new Uint8Array(der));
    const subjectKey: SubjectKey = {
      from: 'csr',
      subjectPublicKeyInfo: toHex(subjectPublicKeyInfo),
      certificationRequest: der.toString('hex'),
    };
    expect(await outcomeOf({ subjectKey })).toBe('csrExtensionRefused extendedKeyUsage serverAuth');
  });
});
