import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Certificate } from '../../ca-core/x509/certificate.ts';
import { explicit, octetString, oid, sequence, toHex, type Der } from '../../ca-core/x509/der.ts';
import { readOcspRequest } from '../../ca-core/x509/ocsp-request.ts';
import { readOcspResponse } from '../../ca-core/x509/ocsp-response-reader.ts';
import { oids } from '../../ca-core/x509/oids.ts';
import { encodePem } from '../../ca-core/x509/pem.ts';
import { aResponderRig, good, opensslRequest, opensslVerdict, readAnswer, type ResponderRig } from '../support/ocsp.ts';
import { judge } from '../support/openssl.ts';

let rig: ResponderRig;
let leaf: Certificate;
let certId: Uint8Array;
beforeAll(async () => {
  rig = await aResponderRig();
  leaf = await rig.pki.leaf('0c');
  rig.statuses.set(leaf.serialNumber, good());
  certId = readOcspRequest(opensslRequest(rig.pki.issuing, [leaf])).certIds[0]?.der ?? new Uint8Array(0);
});

const withExtensions = (...extensions: Der[]): Der =>
  sequence(sequence(sequence(sequence(certId)), explicit(2, sequence(...extensions))));
const nonceExtension = (value: Uint8Array): Der => sequence(oid(oids.ocspNonce), octetString(value));
const withNonce = (nonce: Uint8Array): Der => withExtensions(nonceExtension(octetString(nonce)));

describe('§2.1 the nonce', () => {
  it('comes back octet for octet, in an answer made for it alone', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 128 }), async nonce => {
        const { body, life } = await rig.ask(withNonce(nonce));
        expect(life).toBeNull();
        const found = readAnswer(body).basic?.tbsResponseData.responseExtensions ?? [];
        expect(found.map(({ extnID }) => extnID)).toEqual([oids.ocspNonce]);
        expect(toHex(new Uint8Array(found[0]?.extnValue.valueBlock.valueHexView ?? []))).toBe(
          toHex(octetString(nonce)),
        );
      }),
      { numRuns: 40 },
    );
  });

  it('is answered at once once enough of this second were checked, in the same words', async () => {
    for (let turn = 0; turn < 70; turn++) await rig.ask(withNonce(new Uint8Array(32).fill(turn)));
    const others = await rig.pki.leaf('0d0e');
    rig.statuses.set(others.serialNumber, good());
    for (const [one, length] of [
      [leaf, 32],
      [others, 16],
      [leaf, 7],
      [others, 16],
    ] as const) {
      const nonce = new Uint8Array(length).fill(length);
      const [asked] = readOcspRequest(opensslRequest(rig.pki.issuing, [one])).certIds;
      const request = sequence(
        sequence(sequence(sequence(asked?.der ?? certId)), explicit(2, sequence(nonceExtension(octetString(nonce))))),
      );
      const answer = rig.responder.respond(Buffer.from(request));
      expect(answer).not.toBeInstanceOf(Promise);
      const { body } = await answer;
      expect(opensslVerdict(rig.pki, one, body)).toMatch(/Response verify OK[\s\S]*good/);
      expect(body.includes(Buffer.from(nonceExtension(octetString(nonce))))).toBe(true);
      expect(readOcspResponse(body).basic?.responses.map(({ certId: about }) => toHex(about))).toEqual([
        toHex(asked?.der ?? certId),
      ]);
    }
  });

  it.each([0, 129, 500])('of %i octets is malformed', async length => {
    expect((await rig.ask(withNonce(new Uint8Array(length)))).status).toBe('malformedRequest');
  });

  it('that is no OCTET STRING, or stands twice, is malformed', async () => {
    const nonce = nonceExtension(octetString(new Uint8Array(16)));
    expect((await rig.ask(withExtensions(nonceExtension(new Uint8Array(16))))).status).toBe('malformedRequest');
    expect((await rig.ask(withExtensions(nonce, nonce))).status).toBe('malformedRequest');
  });

  it('is what OpenSSL sent', async () => {
    const request = opensslRequest(rig.pki.issuing, [leaf], ['-nonce']);
    const files = {
      'request.der': request,
      'answer.der': (await rig.ask(request)).body,
      'chain.pem': rig.pki.chain,
      'issuer.pem': encodePem('CERTIFICATE', rig.pki.issuing.der),
    };
    const command = 'openssl ocsp -reqin request.der -respin answer.der -issuer issuer.pem -CAfile chain.pem 2>&1';
    const verdict = judge('sh', ['-c', command], files).toString();
    expect(verdict).toContain('Response verify OK');
    expect(verdict).not.toMatch(/nonce/i);
  });
});
