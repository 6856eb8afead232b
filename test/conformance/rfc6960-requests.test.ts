/** RFC 6960 §4.1: what is taken for a request, and what is not, however it was mutated. */
import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Certificate } from '../../ca-core/x509/certificate.ts';
import {
  boolean,
  concat,
  explicit,
  fromHex,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  toHex,
  type Der,
} from '../../ca-core/x509/der.ts';
import { loneCertId, loneNonceRequest } from '../../ca-core/x509/ocsp-lone-request.ts';
import { readOcspRequest } from '../../ca-core/x509/ocsp-request.ts';
import { oids } from '../../ca-core/x509/oids.ts';
import { encodePem } from '../../ca-core/x509/pem.ts';
import { opensslRequest, opensslRequestBy, readAnswer, type ResponderRig } from '../support/ocsp.ts';
import { refusalOf } from '../support/refusal.ts';
import { anRfc6960Ground, onlyLeafIsGood, type Rfc6960Ground } from './support/rfc6960-ground.ts';

let ground: Rfc6960Ground;
let rig: ResponderRig;
let leaf: Certificate;
let other: Certificate;
beforeAll(async () => {
  ground = await anRfc6960Ground();
  ({ rig, leaf, other } = ground);
});
beforeEach(() => onlyLeafIsGood(ground));

describe('§4.1 requests', () => {
  it('several CertIDs are answered in one response, foreign ones as unknown', async () => {
    const files = {
      'a.pem': encodePem('CERTIFICATE', leaf.der),
      'b.pem': encodePem('CERTIFICATE', rig.pki.issuing.der),
    };
    const issuers = {
      'i.pem': encodePem('CERTIFICATE', rig.pki.issuing.der),
      'r.pem': encodePem('CERTIFICATE', rig.pki.root.der),
    };
    const args = ['-no_nonce', '-issuer', 'i.pem', '-cert', 'a.pem', '-issuer', 'r.pem', '-cert', 'b.pem'];
    const request = opensslRequestBy(args, { ...files, ...issuers });
    const { basic } = readAnswer((await rig.ask(request)).body);
    const tags = basic?.tbsResponseData.responses.map(
      one => (one.certStatus as { idBlock: { tagNumber: number } }).idBlock.tagNumber,
    );
    expect(tags).toEqual([0, 2]);
  });

  it('the CertID comes back as it was asked, with and without NULL parameters', async () => {
    for (const parameters of [[], [nullValue()]]) {
      const certId = ground.certIdWith(parameters);
      const { body } = await rig.ask(sequence(sequence(sequence(sequence(certId)))));
      expect(toHex(body)).toContain(toHex(certId));
      expect(readAnswer(body).status).toBe(0);
    }
  });

  it('a signed request with a requestor name is answered like any other', async () => {
    const name = explicit(1, explicit(4, rig.pki.issuing.subject));
    const list = sequence(sequence(ground.certIdWith([])));
    const signature = explicit(0, sequence(sequence(oid(oids['ecdsa-with-SHA256'])), fromHex('0303000102')));
    expect((await rig.ask(sequence(sequence(name, list), signature))).status).toBe('successful');
  });

  it('§4.4 an unknown critical extension is refused, an unknown other one ignored', async () => {
    const extension = (critical: Der[]) =>
      explicit(2, sequence(sequence(oid('1.2.3.4'), ...critical, octetString(nullValue()))));
    const list = sequence(sequence(ground.certIdWith([])));
    expect((await rig.ask(sequence(sequence(list, extension([boolean(true)]))))).status).toBe('malformedRequest');
    expect((await rig.ask(sequence(sequence(list, extension([]))))).status).toBe('successful');
  });

  it.each([
    ['nothing', ''],
    ['an empty SEQUENCE', '3000'],
    ['no CertID', '300430023000'],
    ['text', Buffer.from('hello').toString('hex')],
    ['an indefinite length', '30803000'],
  ])('%s is malformed', async (_, hex) => {
    const { body, status } = await rig.ask(fromHex(hex));
    expect(status).toBe('malformedRequest');
    expect(toHex(body)).toBe('30030a0101');
  });

  it('trailing octets, version 2 and a negative serial number are malformed', () => {
    const list = sequence(sequence(ground.certIdWith([])));
    const whole = sequence(sequence(list));
    const negative = ground.certIdWith([], fromHex('020180'));
    for (const bytes of [
      concat(whole, fromHex('00')),
      sequence(sequence(explicit(0, integer(1)), list)),
      sequence(sequence(sequence(sequence(negative)))),
    ]) {
      expect(refusalOf(() => readOcspRequest(bytes))?.code).toBe('ocspRequestMalformed');
    }
  });
});

describe('whatever is asked', () => {
  it('a mutated request always gets a well-formed answer', async () => {
    const requests = [
      opensslRequest(rig.pki.issuing, [leaf]),
      opensslRequest(rig.pki.issuing, [leaf, other], ['-nonce', '-sha256']),
    ];
    const mutation = fc.record({
      at: fc.nat(400),
      value: fc.nat(255),
      kind: fc.constantFrom('set', 'insert', 'delete', 'cut'),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...requests),
        fc.array(mutation, { minLength: 1, maxLength: 4 }),
        async (request, mutations) => {
          const answer = await rig.ask(mutations.reduce(mutated, request));
          const { status, basic } = readAnswer(answer.body);
          expect([0, 1, 6]).toContain(status);
          expect(basic === undefined).toBe(status !== 0);
        },
      ),
      { numRuns: 800 },
    );
  });

  it('random octets too', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async bytes => {
        expect((await rig.ask(bytes)).status).toBe('malformedRequest');
      }),
      { numRuns: 300 },
    );
  });

  it('the short way finds exactly the CertID that the strict reader finds', () => {
    const request = opensslRequest(rig.pki.issuing, [leaf], ['-no_nonce', '-sha512']);
    expect(loneCertId(request)).toEqual(Buffer.from(readOcspRequest(request).certIds[0]?.der ?? []));
    fc.assert(
      fc.property(fc.nat(request.length - 1), fc.nat(255), (at, value) => {
        const spoiled = Buffer.from(request);
        spoiled[at] = value;
        const read = refusalOf(() => readOcspRequest(spoiled)) === undefined ? readOcspRequest(spoiled) : undefined;
        const lone = loneCertId(spoiled);
        if (read !== undefined && lone !== undefined) expect(lone).toEqual(Buffer.from(read.certIds[0]?.der ?? []));
      }),
      { numRuns: 1_000 },
    );
  });

  it('and the same nonce', () => {
    const request = opensslRequest(rig.pki.issuing, [leaf], ['-nonce']);
    expect(loneNonceRequest(request)).toMatchObject({ nonce: readOcspRequest(request).nonce });
    expect(loneCertId(request)).toBeUndefined();
    fc.assert(
      fc.property(fc.nat(request.length - 1), fc.nat(255), (at, value) => {
        const spoiled = Buffer.from(request);
        spoiled[at] = value;
        const read = refusalOf(() => readOcspRequest(spoiled)) === undefined ? readOcspRequest(spoiled) : undefined;
        const lone = loneNonceRequest(spoiled);
        if (read === undefined || lone === undefined) return;
        expect(lone).toEqual({ certId: Buffer.from(read.certIds[0]?.der ?? []), nonce: read.nonce });
      }),
      { numRuns: 1_000 },
    );
  });
});

function mutated(request: Uint8Array, { at, value, kind }: { at: number; value: number; kind: string }): Buffer {
  const bytes = Buffer.from(request);
  const place = bytes.length === 0 ? 0 : at % bytes.length;
  const before = bytes.subarray(0, place);
  if (kind === 'set') return Buffer.concat([before, Buffer.of(value), bytes.subarray(place + 1)]);
  if (kind === 'insert') return Buffer.concat([before, Buffer.of(value), bytes.subarray(place)]);
  if (kind === 'delete') return Buffer.concat([before, bytes.subarray(place + 1)]);
  return before;
}
