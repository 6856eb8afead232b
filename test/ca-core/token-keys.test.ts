/** Keys made on tokens: the case is approved first, the station that it names brings the PKCS#10 after. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { digestOf, encodeDocument, type CaseDocument } from '../../ca-core/approvals/documents.ts';
import type { StationRequest } from '../../ca-core/approvals/station-request.ts';
import type { OpenCa } from '../../ca-core/open-ca.ts';
import { readCertificate } from '../../ca-core/x509/certificate.ts';
import { toHex } from '../../ca-core/x509/der.ts';
import { aCa, settle, type ACa } from '../support/a-ca.ts';
import { aStation, keyOnToken, requestOf, type AStation } from '../support/a-station.ts';
import { ecKey } from '../support/certificates.ts';
import { checkPki } from '../support/check-pki.ts';

let platform: ACa;
let core: OpenCa;
let station: AStation;
let other: AStation;

beforeAll(async () => {
  platform = await aCa();
  core = await platform.open();
  await settle(core);
  station = await aStation(platform, core);
  other = await aStation(platform, core, 'station-other');
});
afterEach(async () => expect(await checkPki(platform)).toEqual([]));
afterAll(async () => {
  await core.close();
  await platform.end();
});

async function anApprovedCase(): Promise<CaseDocument> {
  const document = platform.aCase({ subjectKey: keyOnToken(station) });
  await platform.approve(document);
  await settle(core);
  return document;
}

const handIn = (document: CaseDocument, request: StationRequest): Promise<boolean> =>
  platform.store.stationRequests.add(digestOf(encodeDocument(document)), request, platform.clock.now());

describe('a key on a token', () => {
  it('is certified once its station has brought the request, and not before', async () => {
    const document = await anApprovedCase();
    expect(await platform.store.orders.ofCase(document.caseId)).toMatchObject({ state: 'awaitingKey' });
    const { key, spki } = ecKey();
    const request = station.request(document, await requestOf(key));
    expect(await handIn(document, request)).toBe(true);
    expect(await handIn(document, request)).toBe(true);
    await settle(core);
    const row = await platform.store.certificates.ofCase(document.caseId);
    expect(toHex(readCertificate(row?.certificate ?? new Uint8Array()).subjectPublicKeyInfo)).toBe(toHex(spki));
  });

  it('stays the one that was brought first', async () => {
    const document = await anApprovedCase();
    const [first, second] = [ecKey(), ecKey()];
    expect(await handIn(document, station.request(document, await requestOf(first.key)))).toBe(true);
    expect(await handIn(document, station.request(document, await requestOf(second.key)))).toBe(false);
    await settle(core);
    const row = await platform.store.certificates.ofCase(document.caseId);
    expect(toHex(readCertificate(row?.certificate ?? new Uint8Array()).subjectPublicKeyInfo)).toBe(toHex(first.spki));
  });
});

type Forging = (document: CaseDocument, csr: Uint8Array) => StationRequest;

describe('a request that somebody else wrote', () => {
  it.each<[string, string, Forging]>([
    ['is signed by another station', 'csrSignatureInvalid', (document, csr) => other.request(document, csr)],
    [
      'is for another case',
      'digestMismatch',
      (document, csr) => station.request(document, csr, { caseDigest: '00'.repeat(32) }),
    ],
    ['is for another token', 'digestMismatch', (document, csr) => station.request(document, csr, { tokenSerial: 'x' })],
    ['is for another CA', 'digestMismatch', (document, csr) => station.request(document, csr, { ca: '00'.repeat(32) })],
    ['is nonsense', 'documentMalformed', () => ({ statement: '{}', signature: '00' })],
    [
      'was changed after it was signed',
      'csrSignatureInvalid',
      (document, csr) => {
        const { signature } = station.request(document, csr);
        const { statement } = station.request(document, csr, { certificationRequest: toHex(csr.slice(1)) });
        return { statement, signature };
      },
    ],
    ['proves no possession', 'csrSignatureInvalid', (document, csr) => station.request(document, spoilt(csr))],
  ])('%s', async (_, code, forge) => {
    const document = await anApprovedCase();
    await handIn(document, forge(document, await requestOf(ecKey().key)));
    await settle(core);
    expect(await platform.store.orders.ofCase(document.caseId)).toMatchObject({ state: 'refused', refusal: { code } });
  });

  it('does not turn a case with a key of its own into one for a token', async () => {
    const document = platform.aCase();
    await platform.approve(document);
    const request = JSON.stringify(station.request(document, await requestOf(ecKey().key)));
    await platform.database('issuance_orders').where({ case_id: document.caseId }).update({ station_request: request });
    await settle(core);
    expect(await platform.store.orders.ofCase(document.caseId)).toMatchObject({
      state: 'refused',
      refusal: { code: 'digestMismatch' },
    });
  });

  it('counts for nothing where the order is made to wait no longer without one', async () => {
    const document = await anApprovedCase();
    await platform.database('issuance_orders').where({ case_id: document.caseId }).update({ state: 'waiting' });
    await settle(core);
    expect(await platform.store.orders.ofCase(document.caseId)).toMatchObject({ state: 'refused' });
  });
});

function spoilt(csr: Uint8Array): Uint8Array {
  const copy = csr.slice();
  copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1;
  return copy;
}
