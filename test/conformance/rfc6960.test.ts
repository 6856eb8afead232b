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
import { loneCertId, readOcspRequest } from '../../ca-core/x509/ocsp-request.ts';
import { oids } from '../../ca-core/x509/oids.ts';
import { keyIdentifier } from '../../ca-core/x509/public-key.ts';
import { encodePem } from '../../ca-core/x509/pem.ts';
import {
  aResponderRig,
  good,
  opensslRequest,
  opensslRequestBy,
  opensslVerdict,
  readAnswer,
  revoked,
  type ResponderRig,
} from '../support/ocsp.ts';
import { refusalOf } from '../support/refusal.ts';

let rig: ResponderRig;
let leaf: Certificate;
let other: Certificate;
beforeAll(async () => {
  rig = await aResponderRig();
  leaf = await rig.pki.leaf('80a1b2c3d4e5f60718');
  other = await rig.pki.leaf('7f');
});
beforeEach(() => {
  rig.statuses.clear();
  rig.statuses.set(leaf.serialNumber, good());
});

const revokedFor = (reason: 'keyCompromise' | 'certificateHold' | null = 'keyCompromise') =>
  revoked(rig.clock.at - 3600, { reason });

describe('§2.2 the three answers, as OpenSSL judges them', () => {
  it.each(['', '-sha256', '-sha384', '-sha512'])('good, by CertID %s', async hash => {
    const request = opensslRequest(rig.pki.issuing, [leaf], ['-no_nonce', ...(hash === '' ? [] : [hash])]);
    const { body, life } = await rig.ask(request);
    const verdict = opensslVerdict(rig.pki, leaf, body, hash);
    expect(verdict).toContain('Response verify OK');
    expect(verdict).toContain('leaf.pem: good');
    expect(verdict).not.toContain('WARNING');
    expect(life).toMatchObject({ thisUpdate: rig.clock.at, nextUpdate: rig.clock.at + 86_400 });
  });

  it('revoked with time and reason, and without one when unspecified', async () => {
    rig.statuses.set(leaf.serialNumber, revokedFor());
    const request = opensslRequest(rig.pki.issuing, [leaf]);
    const verdict = opensslVerdict(rig.pki, leaf, (await rig.ask(request)).body);
    expect(verdict).toContain('Response verify OK');
    expect(verdict).toMatch(/leaf.pem: revoked[\s\S]+Reason: keyCompromise[\s\S]+Revocation Time:/);
    rig.statuses.set(leaf.serialNumber, revokedFor(null));
    expect(opensslVerdict(rig.pki, leaf, (await rig.ask(request)).body)).not.toContain('Reason');
  });

  it('unknown for what was never issued, never to be kept', async () => {
    const answer = await rig.ask(opensslRequest(rig.pki.issuing, [other]));
    expect(opensslVerdict(rig.pki, other, answer.body)).toMatch(/Response verify OK[\s\S]*leaf.pem: unknown/);
    expect(answer.life).toBeNull();
  });

  it('a status that changes is told at once', async () => {
    const request = opensslRequest(rig.pki.issuing, [leaf]);
    const first = await rig.ask(request);
    expect(await rig.ask(request)).toBe(first);
    rig.statuses.set(leaf.serialNumber, revokedFor('certificateHold'));
    expect(opensslVerdict(rig.pki, leaf, (await rig.ask(request)).body)).toContain('certificateHold');
  });

  it('a status that changes while an answer is being signed is not kept', async () => {
    const request = opensslRequest(rig.pki.issuing, [leaf]);
    const signing = rig.ask(request);
    rig.statuses.set(leaf.serialNumber, revokedFor());
    await signing;
    expect(opensslVerdict(rig.pki, leaf, (await rig.ask(request)).body)).toContain('leaf.pem: revoked');
  });
});

describe('§2.3 error answers', () => {
  it('unauthorized for another issuer, the root among them', async () => {
    const request = opensslRequest(rig.pki.root, [rig.pki.issuing]);
    expect(readAnswer((await rig.ask(request)).body).status).toBe(6);
  });

  it('tryLater without a fit signer, and when what is known is too old', async () => {
    const request = opensslRequest(rig.pki.issuing, [leaf]);
    const { signer } = rig.state;
    rig.state.signer = undefined;
    expect(readAnswer((await rig.ask(request)).body).status).toBe(3);
    rig.state.signer = signer;
    rig.state.at = rig.clock.at - 86_400;
    expect(readAnswer((await rig.ask(request)).body).status).toBe(3);
    rig.state.at = rig.clock.at - 86_399;
    expect(readAnswer((await rig.ask(request)).body).status).toBe(0);
    rig.state.at = undefined;
  });

  it('tryLater, not another key, when signing fails', async () => {
    const { signer } = rig.state;
    if (signer === undefined) throw new Error('no signer');
    rig.state.signer = { ...signer, key: { ...signer.key, sign: () => Promise.resolve(new Uint8Array(70)) } };
    expect((await rig.ask(opensslRequest(rig.pki.issuing, [leaf]))).status).toBe('tryLater');
    rig.state.signer = {
      ...signer,
      key: { ...signer.key, sign: () => Promise.reject(new Error('the token is gone')) },
    };
    expect((await rig.ask(opensslRequest(rig.pki.issuing, [leaf]))).status).toBe('internalError');
    rig.state.signer = signer;
  });
});

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
      const certId = certIdWith(parameters);
      const { body } = await rig.ask(sequence(sequence(sequence(sequence(certId)))));
      expect(toHex(body)).toContain(toHex(certId));
      expect(readAnswer(body).status).toBe(0);
    }
  });

  it('a signed request with a requestor name is answered like any other', async () => {
    const name = explicit(1, explicit(4, rig.pki.issuing.subject));
    const list = sequence(sequence(certIdWith([])));
    const signature = explicit(0, sequence(sequence(oid(oids['ecdsa-with-SHA256'])), fromHex('0303000102')));
    expect((await rig.ask(sequence(sequence(name, list), signature))).status).toBe('successful');
  });

  it('§4.4 an unknown critical extension is refused, an unknown other one ignored', async () => {
    const extension = (critical: Der[]) =>
      explicit(2, sequence(sequence(oid('1.2.3.4'), ...critical, octetString(nullValue()))));
    const list = sequence(sequence(certIdWith([])));
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
    const list = sequence(sequence(certIdWith([])));
    const whole = sequence(sequence(list));
    const negative = certIdWith([], fromHex('020180'));
    for (const bytes of [
      concat(whole, fromHex('00')),
      sequence(sequence(explicit(0, integer(1)), list)),
      sequence(sequence(sequence(sequence(negative)))),
    ]) {
      expect(refusalOf(() => readOcspRequest(bytes))?.code).toBe('ocspRequestMalformed');
    }
  });
});

describe('§4.2 the response as another library reads it', () => {
  it('names the responder by key, carries its certificate only, and whole seconds', async () => {
    const { body } = await rig.ask(opensslRequest(rig.pki.issuing, [leaf]));
    const { basic } = readAnswer(body);
    expect(basic?.certs).toHaveLength(1);
    const keyHash = toHex(keyIdentifier(rig.key.publicKey));
    expect(toHex(body)).toContain(`a2160414${keyHash}`);
    expect(body.toString('latin1')).not.toMatch(/\d{14}\.\d+Z/);
    expect(basic?.tbsResponseData.producedAt.getTime()).toBe(rig.clock.at * 1000);
  });

  it('§4.2.2.1 never promises more than the signer lives', async () => {
    const { signer } = rig.state;
    if (signer === undefined) throw new Error('no signer');
    const at = rig.clock.at;
    rig.clock.at = signer.certificate.notAfter - 600;
    const { life } = await rig.ask(opensslRequest(rig.pki.issuing, [leaf]));
    expect(life?.nextUpdate).toBe(signer.certificate.notAfter);
    rig.clock.at = at;
  });

  it('a kept answer is signed anew after four hours, and repeated while nothing newer is known', async () => {
    const at = rig.clock.at;
    const request = opensslRequest(rig.pki.issuing, [leaf]);
    const first = await rig.ask(request);
    rig.clock.at = at + 4 * 3600 - 1;
    expect(await rig.ask(request)).toBe(first);
    rig.state.at = at;
    rig.clock.at = at + 20 * 3600;
    expect(await rig.ask(request)).toBe(first);
    rig.state.at = undefined;
    expect(await rig.ask(request)).not.toBe(first);
    rig.clock.at = at;
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

function certIdWith(parameters: readonly Der[], serial = integer(BigInt(`0x${leaf.serialNumber}`))): Der {
  const [certId] = readOcspRequest(opensslRequest(rig.pki.issuing, [leaf])).certIds;
  if (certId === undefined) throw new Error('no CertID');
  const hashes = [octetString(certId.issuerNameHash), octetString(certId.issuerKeyHash)];
  return sequence(sequence(oid(oids.sha1), ...parameters), ...hashes, serial);
}
