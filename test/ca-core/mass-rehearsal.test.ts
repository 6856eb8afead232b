/**
 * The rehearsal, as `npm run bench -- revoke.mass` times it with 10,000: from the second signature until all are revoked, the
 * CRL is published and OCSP tells of each, while new certificates are issued.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeSerialList } from '../../ca-core/approvals/serial-list.ts';
import { encodeCertId, issuerForms } from '../../ca-core/x509/cert-id.ts';
import { readCertificate } from '../../ca-core/x509/certificate.ts';
import { readCrl } from '../../ca-core/x509/crl.ts';
import { encodeOcspRequest } from '../../ca-core/x509/ocsp-request.ts';
import { readOcspResponse } from '../../ca-core/x509/ocsp-response-reader.ts';
import { openStore } from '../../ca-core/store/store.ts';
import { freePorts } from '../../scripts/ports.ts';
import { aCa, aClock, aRequestedKey, settle, type ACa } from '../support/a-ca.ts';
import { checkPki } from '../support/check-pki.ts';
import { aStatusServices, type StatusServices } from '../support/status-services.ts';

const count = Number(process.env['KAKUIN_MASS'] ?? 1_000);
const subjectKey = aRequestedKey();
const clock = aClock();
// It passes with every turn, and nothing may come from the machine's future.
clock.pass(-900);
let platform: ACa;
let services: StatusServices;
let urls: { readonly ocsp: string; readonly crl: string };

beforeAll(async () => {
  const [ocspPort = 0, crlPort = 0] = await freePorts(2);
  urls = { ocsp: `http://localhost:${ocspPort}`, crl: `http://localhost:${crlPort}` };
  platform = await aCa({ clock, urls: { ocspUrl: urls.ocsp, crlUrl: urls.crl } });
  services = await aStatusServices(platform, { clock, ocspPort, crlPort });
  await approveMany();
  await services.allTurn();
});
afterAll(async () => {
  await services.close();
  await platform.end();
});

it(`revokes ${count} certificates on one CRL and in OCSP, and issues meanwhile`, { timeout: 300_000 }, async () => {
  const rows = await platform.store.certificates.page(platform.ca, '', count + 10);
  const serials = rows.filter(({ caseId }) => caseId !== null).map(one => one.serialNumber);
  expect(serials).toHaveLength(count);
  expect(new Set(await tell(serials))).toEqual(new Set(['good']));
  const before = (await platform.store.crls.newestMark(platform.ca))?.crlNumber ?? 0;
  const serialNumbers = await platform.store.massRevocations.putSerials(encodeSerialList(serials), clock.now());
  const about = { version: 1, ca: platform.ca, serialNumbers, size: count, chosenBy: 'a rehearsal' } as const;
  const common = { reason: 'cessationOfOperation', invalidityDate: null, requestedAt: clock.now() } as const;
  const digest = await platform.approve({ kind: 'massRevocation', ...about, ...common });
  const late = platform.aCase({ subjectKey });
  await platform.approve(late);
  clock.pass(6);
  await settle(services.core);
  expect((await platform.store.crls.newestMark(platform.ca))?.crlNumber).toBe(before + 1);
  await services.allTurn();
  expect(await platform.store.massRevocations.of(digest)).toMatchObject({ state: 'applied', revoked: count });
  const crl = new Uint8Array(await (await fetch(`${urls.crl}/crl/issuing/0.crl`)).arrayBuffer());
  const listed = [...readCrl(crl).entries].map(entry => entry.serialNumber);
  expect(listed.sort()).toEqual([...serials].sort());
  expect(new Set(await tell(serials))).toEqual(new Set(['revoked']));
  const spared = (await platform.store.certificates.ofCase(late.caseId))?.serialNumber ?? '';
  expect(await tell([spared])).toEqual(['good']);
  expect(await checkPki(platform)).toEqual([]);
});

/** As `platform.approve`, with one wait for the disk. */
async function approveMany(): Promise<void> {
  await platform.database.transaction(async transaction => {
    const { documents, approvals } = openStore(transaction);
    const at = clock.now();
    for (let made = 0; made < count; made++) {
      const document = platform.aCase({ subjectKey });
      const digest = await documents.put(document, at);
      for (const officer of platform.officers) await approvals.record({ digest, at, ...officer.approve(document) });
    }
  });
}

/** What OCSP tells of each. */
async function tell(serials: readonly string[]): Promise<string[]> {
  const issuing = (await platform.store.issuers.list()).find(({ id }) => id === platform.ca);
  const form = issuerForms(readCertificate(issuing?.certificate ?? new Uint8Array()))[0] ?? new Uint8Array();
  const told: string[] = [];
  for (const serialNumber of serials) {
    const body = encodeOcspRequest([encodeCertId(form, serialNumber)]);
    const answer = await fetch(`${urls.ocsp}/`, {
      ...{ method: 'POST', body },
      headers: { 'content-type': 'application/ocsp-request' },
    });
    const read = readOcspResponse(new Uint8Array(await answer.arrayBuffer()));
    told.push(read.basic?.responses[0]?.status.status ?? 'nothing');
  }
  return told;
}
