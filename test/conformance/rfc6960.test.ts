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
import { lintResponseData } from '../../ca-core/x509/ocsp-lint.ts';
import { encodeResponseData, type CertStatus } from '../../ca-core/x509/ocsp-response.ts';
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
import { judge } from '../support/openssl.ts';
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

const revokedFor = (reason: 'keyCompromise' | 'certificateHold' | 'unspecified' | null = 'keyCompromise') =>
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
    for (const reason of [null, 'unspecified'] as const) {
      rig.statuses.set(leaf.serialNumber, revokedFor(reason));
      const without = opensslVerdict(rig.pki, leaf, (await rig.ask(request)).body);
      expect(without).toContain('leaf.pem: revoked');
      expect(without).not.toContain('Reason');
    }
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

describe('§4.4 what the policy adds', () => {
  it('§2.2 a certificate that was never issued is told as revoked where the policy says so, with extendedRevoke', async () => {
    const strict = await aResponderRig({ neverIssued: 'revoked' });
    const stranger = await strict.pki.leaf('0c');
    const { body, life } = await strict.ask(opensslRequest(strict.pki.issuing, [stranger]));
    const verdict = opensslVerdict(strict.pki, stranger, body, '-resp_text');
    expect(verdict).toMatch(/Response verify OK[\s\S]*leaf.pem: revoked[\s\S]*Reason: certificateHold/);
    expect(verdict).toContain('Jan  1 00:00:00 1970');
    expect(readAnswer(body).basic?.tbsResponseData.responseExtensions?.map(({ extnID }) => extnID)).toEqual([
      oids.ocspExtendedRevoke,
    ]);
    expect(life).toBeNull();
  });

  it('§4.2.2.3 the responder is named by name where the policy says so', async () => {
    const named = await aResponderRig({ responderId: 'byName' });
    const one = await named.pki.leaf('0c');
    named.statuses.set('0c', good());
    const { body } = await named.ask(opensslRequest(named.pki.issuing, [one]));
    const verdict = opensslVerdict(named.pki, one, body, '-resp_text');
    expect(verdict).toMatch(/Responder Id: .*CN = OCSP/);
    expect(verdict).toMatch(/Response verify OK[\s\S]*leaf.pem: good/);
  });

  it('§4.4.4 after its end a certificate is answered for with archiveCutoff, for as long as the policy says', async () => {
    const ended = { ...revokedFor(), notAfter: rig.clock.at - 86_400 };
    rig.statuses.set(leaf.serialNumber, ended);
    const request = opensslRequest(rig.pki.issuing, [leaf]);
    const verdict = opensslVerdict(rig.pki, leaf, (await rig.ask(request)).body, '-resp_text');
    expect(verdict).toContain('OCSP Archive Cutoff');
    expect(verdict).toMatch(/Response verify OK[\s\S]*leaf.pem: revoked/);
    const cutoff = new Date((rig.clock.at - 3650 * 86_400) * 1000);
    expect(verdict).toContain(String(cutoff.getUTCFullYear()));
    rig.statuses.set(leaf.serialNumber, { ...ended, notAfter: rig.clock.at - 3650 * 86_400 - 1 });
    expect((await rig.ask(request)).status).toBe('unauthorized');
    rig.statuses.set(leaf.serialNumber, good());
    expect(opensslVerdict(rig.pki, leaf, (await rig.ask(request)).body, '-resp_text')).not.toContain('Cutoff');
  });

  it('§4.4.5 the invalidityDate is told as in the CRL', async () => {
    rig.statuses.set(leaf.serialNumber, revoked(rig.clock.at - 60, { invalidityDate: 1_700_000_000 }));
    const { body } = await rig.ask(opensslRequest(rig.pki.issuing, [leaf]));
    const verdict = opensslVerdict(rig.pki, leaf, body, '-resp_text');
    expect(verdict).toMatch(/Invalidity Date[\s\S]*Nov 14 22:13:20 2023 GMT/);
  });

  it('§4.4.3 GnuTLS agrees on good, revoked and unknown', async () => {
    const judged = async (): Promise<string> => {
      const request = opensslRequest(rig.pki.issuing, [leaf]);
      const files = {
        'answer.der': (await rig.ask(request)).body,
        'issuer.pem': encodePem('CERTIFICATE', rig.pki.issuing.der),
        'request.der': request,
      };
      const command =
        'ocsptool --response-info --load-response answer.der 2>&1; ocsptool --verify-response --load-response answer.der --load-issuer issuer.pem --load-trust issuer.pem 2>&1';
      return judge('sh', ['-c', command], files).toString();
    };
    expect(await judged()).toMatch(/Certificate Status: good[\s\S]*Verifying OCSP Response: Success/);
    rig.statuses.set(leaf.serialNumber, revokedFor('certificateHold'));
    expect(await judged()).toMatch(/Certificate Status: revoked[\s\S]*Verifying OCSP Response: Success/);
    rig.statuses.delete(leaf.serialNumber);
    expect(await judged()).toMatch(/Certificate Status: unknown[\s\S]*Verifying OCSP Response: Success/);
  });
});

describe('the lint that answers pass before they are kept', () => {
  const expectation = () => ({
    responderId: { byKey: keyIdentifier(rig.key.publicKey) },
    certIds: [certIdWith([])],
    nonce: null,
    now: rig.clock.at,
    signerNotAfter: rig.clock.at + 7 * 86_400,
    validity: 86_400,
  });
  const single = () => ({
    certId: certIdWith([]),
    status: { status: 'good' } as CertStatus,
    thisUpdate: rig.clock.at,
    nextUpdate: rig.clock.at + 86_400,
  });
  const whole = () => ({
    responderId: expectation().responderId,
    producedAt: rig.clock.at,
    responses: [single()],
    nonce: null as Uint8Array | null,
  });

  it('finds nothing in a right one', () => {
    expect(lintResponseData(encodeResponseData(whole()), expectation())).toEqual([]);
  });

  it.each<[string, (at: number) => Partial<ReturnType<typeof whole>>, string]>([
    ['another responder', () => ({ responderId: { byKey: new Uint8Array(20) } }), 'responderID'],
    ['made in the future', at => ({ producedAt: at + 1 }), 'producedAt'],
    ['no answer', () => ({ responses: [] }), 'responses'],
    ['another CertID', () => ({ responses: [{ ...single(), certId: certIdWith([nullValue()]) }] }), 'certID'],
    ['known in the future', at => ({ responses: [{ ...single(), thisUpdate: at + 1 }] }), 'thisUpdate'],
    ['already over', at => ({ responses: [{ ...single(), nextUpdate: at }] }), 'nextUpdate'],
    ['valid for too long', at => ({ responses: [{ ...single(), nextUpdate: at + 86_401 }] }), 'nextUpdate'],
    [
      'revoked in the future',
      at => ({ responses: [{ ...single(), status: { status: 'revoked', revokedAt: at + 1, reason: null } }] }),
      'revocationTime',
    ],
    [
      'a reason of delta CRLs',
      at => ({ responses: [{ ...single(), status: { status: 'revoked', revokedAt: at, reason: 'removeFromCRL' } }] }),
      'revocationReason',
    ],
    ['a nonce that nobody sent', () => ({ nonce: new Uint8Array(16) }), 'nonce'],
  ])('finds %s', (_, spoil, field) => {
    const responseData = encodeResponseData({ ...whole(), ...spoil(rig.clock.at) });
    expect(lintResponseData(responseData, expectation()).map(violation => violation.field)).toContain(field);
  });

  it('never throws', () => {
    const right = encodeResponseData(whole());
    fc.assert(
      fc.property(fc.nat(right.length - 1), fc.nat(255), (at, value) => {
        const spoiled = new Uint8Array(right);
        spoiled[at] = value;
        expect(Array.isArray(lintResponseData(spoiled, expectation()))).toBe(true);
      }),
      { numRuns: 300 },
    );
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

function certIdWith(parameters: readonly Der[], serial = integer(BigInt(`0x${leaf.serialNumber}`))): Der {
  const [certId] = readOcspRequest(opensslRequest(rig.pki.issuing, [leaf])).certIds;
  if (certId === undefined) throw new Error('no CertID');
  const hashes = [octetString(certId.issuerNameHash), octetString(certId.issuerKeyHash)];
  return sequence(sequence(oid(oids.sha1), ...parameters), ...hashes, serial);
}
