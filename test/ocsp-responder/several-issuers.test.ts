import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { silentLog } from '../../ca-core/log.ts';
import { encodePem } from '../../ca-core/x509/pem.ts';
import { keyIdentifier } from '../../ca-core/x509/public-key.ts';
import { pinnedIssuers } from '../../ocsp-responder/issuer-pin.ts';
import { openResponder, type IssuerDesk } from '../../ocsp-responder/respond.ts';
import { ecKey } from '../support/certificates.ts';
import { good, ocspPolicy, opensslRequest, opensslRequestBy, opensslVerdict, readAnswer } from '../support/ocsp.ts';
import { aSmallCa } from '../support/small-ca.ts';
import { aSmallPki, realNow, type SmallPki } from '../support/small-pki.ts';

const clock = { now: () => realNow() };

async function aDesk(pki: SmallPki, serialNumbers: readonly string[]): Promise<IssuerDesk> {
  const { key } = ecKey();
  const signer = { key, certificate: await pki.signer(key.publicKey), keyHash: keyIdentifier(key.publicKey) };
  return {
    issuer: pki.issuing,
    statuses: { of: one => (serialNumbers.includes(one) ? good() : undefined), reached: () => ({ at: realNow() }) },
    signer: () => signer,
    prepared: { find: () => undefined },
  };
}

it('each issuer is answered for by its own signer, and one answer speaks for one issuer', async () => {
  const [one, other] = [await aSmallPki(), await aSmallPki()];
  const desks = [await aDesk(one, ['0a']), await aDesk(other, ['0b'])];
  const responder = openResponder({ desks, policy: ocspPolicy, clock, log: silentLog });
  const [ofOne, ofOther] = [await one.leaf('0a'), await other.leaf('0b')];
  for (const [pki, leaf] of [
    [one, ofOne],
    [other, ofOther],
  ] as const) {
    const { body } = await responder.respond(opensslRequest(pki.issuing, [leaf]));
    expect(opensslVerdict(pki, leaf, body)).toMatch(/Response verify OK[\s\S]*leaf.pem: good/);
  }
  const files = {
    'a.pem': encodePem('CERTIFICATE', ofOne.der),
    'b.pem': encodePem('CERTIFICATE', ofOther.der),
    'one.pem': encodePem('CERTIFICATE', one.issuing.der),
    'other.pem': encodePem('CERTIFICATE', other.issuing.der),
  };
  const args = ['-no_nonce', '-issuer', 'one.pem', '-cert', 'a.pem', '-issuer', 'other.pem', '-cert', 'b.pem'];
  const { body } = await responder.respond(opensslRequestBy(args, files));
  const tags = readAnswer(body).basic?.tbsResponseData.responses.map(
    single => (single.certStatus as { idBlock: { tagNumber: number } }).idBlock.tagNumber,
  );
  expect(tags).toEqual([0, 2]);
});

it('further issuers stand in folders of their own in the home', async () => {
  const ca = await aSmallCa();
  const second = await aSmallPki();
  const folder = join(ca.home, 'issuers', 'second');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'issuer.cer'), second.issuing.der);
  const pinned = await pinnedIssuers(ca.home, ca.store.issuers);
  expect(pinned.map(issuer => issuer.ca)).toEqual([ca.pki.ca, second.ca]);
  await ca.close();
});
