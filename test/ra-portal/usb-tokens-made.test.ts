/** What a station brings of a USB token, over its certificate: its own only, each key once, and never two certificates. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepUsbToken } from '../../ra-portal/store/usb-tokens.ts';
import { requestOf } from '../support/a-station.ts';
import { ecKey } from '../support/certificates.ts';
import type { APortal, PortalOfficer } from './support/a-portal.ts';
import { requestsOf, type AProxy, type AStationBehind } from './support/a-station-behind.ts';
import { aToken } from './support/a-token.ts';
import { aUsbShelf, codeOf, type AUsbShelf } from './support/a-usb-shelf.ts';

let shelf: AUsbShelf;
let world: APortal;
let officers: readonly [PortalOfficer, PortalOfficer];
let proxy: AProxy;
let station: AStationBehind;
let other: AStationBehind;
beforeAll(async () => {
  shelf = await aUsbShelf();
  ({ world, officers, proxy, station, other } = shelf);
});
afterAll(() => shelf.end());

describe('what a station brings', () => {
  it('is refused with a code and a sentence where it is another key, token, case or station', async () => {
    const [job, another] = [await shelf.aJob(), await shelf.aJob()];
    const { key, answer } = await shelf.handIn(job);
    expect(answer.status).toBe(200);
    expect(codeOf((await shelf.handIn(job)).answer)).toBe('409 tokenKeyTwice');
    const csr = await requestOf(key.key);
    const brought = async (request: object) => codeOf(await station.post(`${another.path}/request`, request));
    expect(await brought(station.request(job.document, csr))).toBe('409 tokenUnlike');
    expect(await brought(station.request(another.document, csr, { tokenSerial: 'x' }))).toBe('409 tokenUnlike');
    expect(await brought(other.request(another.document, csr))).toBe('422 csrSignatureInvalid');
    expect(await brought({ statement: 'nonsense', signature: '00' })).toBe('422 documentMalformed');
    const p384 = ecKey('P-384');
    expect(await brought(station.request(another.document, await requestOf(p384.key)))).toBe('422 keyUnacceptable');
    const spoilt = csr.slice();
    spoilt[spoilt.length - 1] = (spoilt.at(-1) ?? 0) ^ 1;
    expect(await brought(station.request(another.document, spoilt))).toBe('422 csrSignatureInvalid');
    // None of it took the one place.
    expect((await shelf.handIn(another)).answer.status).toBe(200);
  });

  it('is nobody else’s: another station, a stranger, an officer with every scope', async () => {
    const { path, document } = await shelf.aJob();
    expect(codeOf(await other.get(path))).toBe('403 stationForeign');
    const request = other.request(document, await requestOf(ecKey().key));
    expect(codeOf(await other.post(`${path}/request`, request))).toBe('403 stationForeign');
    expect(codeOf(await other.post('/api/v1/tokens', { tokens: [{ serial: 'token/0001?' }] }))).toBe('409 tokenKnown');
    expect(codeOf(await station.get('/api/v1/token-jobs/nothing'))).toBe('404 tokenJobUnknown');
    // A station that left the roll leaves its tokens to another.
    const left = 'left-behind';
    await keepUsbToken(world.database, { ...aToken(left), station: 'station-gone' });
    expect(await other.post('/api/v1/tokens', { tokens: [{ serial: left }] })).toMatchObject({
      body: { tokens: [{ serial: left, station: other.memberId }] },
    });
    const stranger = requestsOf(world, proxy, Buffer.from((await world.store.issuers.active())?.certificate ?? []));
    expect((await stranger.get('/api/v1/token-jobs')).status).toBe(403);
  });

  it('cannot begin before two officers approved, and the list shows nothing of it', async () => {
    const serial = await shelf.aBlankToken();
    const applied = await shelf.aCase();
    await shelf.give(applied.caseId, serial).expect(200);
    const { job } = (await station.get(`/api/v1/tokens/${encodeURIComponent(serial)}`)).body as { job: string };
    expect(codeOf(await station.post(`/api/v1/token-jobs/${job}/take`))).toBe('409 tokenJobState');
    const { jobs } = (await station.get('/api/v1/token-jobs')).body as { jobs: { job: { jobId: string } }[] };
    expect(jobs.map(one => one.job.jobId)).not.toContain(job);
  });

  it('given up before a key was certified leaves the token blank, and the case to another token', async () => {
    const job = await shelf.aJob();
    expect((await station.post(`${job.path}/report`, { outcome: 'failed', reason: 'PIN policy' })).body).toMatchObject({
      state: 'failed',
      tokenState: 'unformatted',
    });
    expect(codeOf((await shelf.handIn(job)).answer)).toBe('409 tokenJobState');
    const next = await shelf.aBlankToken();
    await shelf.give(job.caseId, next).expect(200);
    const document = await shelf.approve(job.caseId);
    expect(document).toMatchObject({ edition: 2, subjectKey: { tokenSerial: next } });
    const { job: jobId } = (await station.get(`/api/v1/tokens/${encodeURIComponent(next)}`)).body as { job: string };
    await shelf.handIn({ ...job, path: `/api/v1/token-jobs/${jobId}`, document });
    await world.work();
    expect(await world.store.certificates.ofCase(job.caseId)).toBeDefined();
  });

  it('damaged while the certificate is on its way: none is issued, or it is revoked; never both tokens', async () => {
    const job = await shelf.aJob();
    await shelf.handIn(job);
    await station.post(`${job.path}/report`, { outcome: 'damaged', reason: 'pulled' });
    expect((await shelf.look(job.serial)).token).toMatchObject({
      state: 'damaged',
      awaits: 'revocation',
      document: null,
    });
    await world.work();
    await world.portal.look();
    expect(await world.store.certificates.ofCase(job.caseId)).toBeUndefined();
    expect((await shelf.look(job.serial)).token).toMatchObject({ state: 'damaged', awaits: null });

    const late = await shelf.aJob();
    await shelf.handIn(late);
    await world.work();
    await station.post(`${late.path}/report`, { outcome: 'damaged', reason: 'did not read back' });
    const { token } = await shelf.look(late.serial);
    expect(token).toMatchObject({ state: 'damaged', awaits: 'revocation', document: expect.any(String) as string });
    await shelf.signedBy(late.serial, [officers[1]]);
    const serialNumber = (await world.store.certificates.ofCase(late.caseId))?.serialNumber ?? '';
    expect(await shelf.statusOf(serialNumber)).toMatchObject({ status: 'revoked', reason: 'superseded' });
  });
});
