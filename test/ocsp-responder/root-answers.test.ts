import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { signCaAnswers, type RevokedCa } from '../../ca-core/ceremony/ca-answers.ts';
import { readCertificate } from '../../ca-core/x509/certificate.ts';
import { readOcspBundle } from '../../ca-core/x509/ocsp-bundle.ts';
import { encodePem } from '../../ca-core/x509/pem.ts';
import { opensslRequest } from '../support/ocsp.ts';
import { judge } from '../support/openssl.ts';
import { aSmallPki, day, type SmallPki } from '../support/small-pki.ts';
import { aWholeResponder, type WholeResponder } from '../support/whole-responder.ts';

let whole: WholeResponder;
beforeEach(async () => {
  whole = await aWholeResponder();
});
afterEach(() => whole.end());

/** As the ceremony leaves them in the responder's home. */
async function put(revoked: readonly RevokedCa[] = [], by: SmallPki = whole.ca.pki): Promise<void> {
  const { root, issuing } = whole.ca.pki;
  const times = { thisUpdate: whole.clock.at, nextUpdate: whole.clock.at + 300 * day };
  const answers = await signCaAnswers({ root, key: by.rootKey, certificates: [issuing], revoked, ...times });
  mkdirSync(join(whole.home, 'roots'), { recursive: true });
  writeFileSync(join(whole.home, 'roots', 'root.cer'), root.der);
  writeFileSync(join(whole.home, 'roots', 'root.ocsp'), answers);
}

const request = (...options: string[]) => opensslRequest(whole.ca.pki.root, [whole.ca.pki.issuing], options);

async function verdict(...options: string[]): Promise<string> {
  const { root, issuing } = whole.ca.pki;
  const { body } = await whole.ask(request(...options));
  const files = {
    'root.pem': encodePem('CERTIFICATE', root.der),
    'issuing.pem': encodePem('CERTIFICATE', issuing.der),
    'answer.ocsp': body,
  };
  const hash = options.filter(option => option.startsWith('-sha')).join(' ');
  const command = `openssl ocsp ${hash} -issuer root.pem -cert issuing.pem -respin answer.ocsp -CAfile root.pem -no_nonce 2>&1`;
  return judge('sh', ['-c', command], files).toString();
}

it("tells a CA certificate's own status as the root signed it, in every form, and with a nonce too", async () => {
  expect((await whole.ask(request('-no_nonce'))).status).toBe('unauthorized');
  await put();
  await whole.turn();
  for (const hash of [[], ['-sha256'], ['-sha384'], ['-sha512']]) {
    expect(await verdict('-no_nonce', ...hash)).toMatch(/Response verify OK[\s\S]*issuing.pem: good/);
  }
  expect(await verdict('-nonce')).toMatch(/Response verify OK[\s\S]*issuing.pem: good/);
  expect((await whole.ask(request('-nonce'))).life).toBeNull();
  expect((await whole.ask(request('-no_nonce'))).life).toMatchObject({ nextUpdate: whole.clock.at + 300 * day });
});

it('tells a revocation without a restart, and nothing once its time is over', async () => {
  await put();
  await whole.turn();
  const { serialNumber } = whole.ca.pki.issuing;
  await put([{ serialNumber, reason: 'cACompromise', revokedAt: whole.clock.at - 60 }]);
  await whole.turn();
  expect(await verdict('-no_nonce')).toMatch(/issuing.pem: revoked[\s\S]*cACompromise/);
  whole.clock.at += 300 * day;
  expect((await whole.ask(request('-no_nonce'))).status).toBe('tryLater');
});

it('believes only what that root itself signed, and goes on with what was there', async () => {
  await put([], await aSmallPki());
  await whole.turn();
  expect((await whole.ask(request('-no_nonce'))).status).toBe('unauthorized');
  await put();
  await whole.turn();
  const file = join(whole.home, 'roots', 'root.ocsp');
  writeFileSync(file, readFileSync(file).subarray(0, 900));
  await whole.turn();
  expect(await verdict('-no_nonce')).toContain('issuing.pem: good');
});

it('a root whose key is for certificates and CRLs alone says nothing', async () => {
  const { issuing, rootKey } = whole.ca.pki;
  // Any certificate without digitalSignature will do.
  const common = { certificates: [issuing], revoked: [], thisUpdate: whole.clock.at, nextUpdate: whole.clock.at + day };
  const bundle = await signCaAnswers({ root: readCertificate(issuing.der), key: rootKey, ...common });
  expect(readOcspBundle(bundle)).toEqual([]);
});
