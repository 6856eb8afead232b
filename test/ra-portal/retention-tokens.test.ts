/** What the policy deletes of a case that had a USB token: the person, on the token and in its history, and all that is left. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyRetention } from '../../ra-portal/retention/retention.ts';
import { inOneStep } from '../../ra-portal/store/database.ts';
import { eraseCase } from '../../ra-portal/store/erase-case.ts';
import { at, aUsbShelf, type AUsbShelf } from './support/a-usb-shelf.ts';
import { partsOf } from './support/parts-of.ts';

let shelf: AUsbShelf;
beforeAll(async () => {
  shelf = await aUsbShelf();
});
afterAll(() => shelf.end());

const note = '架空 太郎さんから電話';
const act = (serial: string, body: object) =>
  shelf.officers[0].visitor.json(`${at(serial)}/acts`, { ...body, note }).expect(303);
const erase = (caseId: string) =>
  inOneStep(shelf.world.database, trx => eraseCase.applicationFields(trx, caseId, shelf.world.clock.now()));

/** All that the portal has of the token. */
async function kept(serial: string): Promise<string> {
  const tables = ['usb_tokens', 'token_jobs', 'token_events'];
  return JSON.stringify(await Promise.all(tables.map(table => shelf.world.database(table).where({ serial }))));
}
const jobsOf = (serial: string) => shelf.world.database('token_jobs').where({ serial }).orderBy('given_at');
const named = /架空|Kakuu|taro@/iu;

describe('the fields of a case that had tokens', () => {
  it('take the name off an active token, its job and what was noted', async () => {
    const { serial, caseId } = await shelf.anActiveToken();
    await act(serial, { act: 'lose' });
    await act(serial, { act: 'terminate', reason: 'cessationOfOperation' });
    expect((await kept(serial)).match(/架空|Kakuu/giu)?.length).toBeGreaterThan(3);
    await erase(caseId);
    expect(await kept(serial)).not.toMatch(named);
    expect((await shelf.look(serial)).events.map(event => event.act)).toContain('lose');
  });

  it('reach a token that ended before there was a certificate', async () => {
    const { serial, caseId, path } = await shelf.aJob();
    const broken = await shelf.station.post(`${path}/report`, { outcome: 'damaged', reason: note });
    expect(broken.status).toBe(200);
    expect(await shelf.world.database('usb_tokens').where({ serial }).first()).toMatchObject({ case_id: null });
    const next = await shelf.aBlankToken();
    await shelf.give(caseId, next).expect(200);
    await erase(caseId);
    for (const one of [serial, next]) expect(await kept(one)).not.toMatch(named);
  });

  it('leave a token alone that is somebody else’s by now', async () => {
    const { serial, caseId } = await shelf.anActiveToken();
    await act(serial, { act: 'terminate', reason: 'cessationOfOperation' });
    await shelf.signedBy(serial, [shelf.officers[1]]);
    await shelf.officers[0].visitor.json(`${at(serial)}/acts`, { act: 'clear' }).expect(200);
    shelf.world.clock.pass(60);
    const other = await shelf.aCase();
    await shelf.give(other.caseId, serial).expect(200);
    const [jobId = ''] = await jobsOf(serial).where({ case_id: other.caseId }).pluck<string[]>('id');
    await shelf.approve(other.caseId);
    await shelf.station.post(`/api/v1/token-jobs/${jobId}/report`, { outcome: 'damaged', reason: note });
    await erase(caseId);
    const holders = await shelf.world
      .database('usb_tokens')
      .where({ serial })
      .select<object[]>('case_id', 'holder_name');
    expect(holders).toEqual([{ case_id: null, holder_name: '架空 太郎' }]);
    expect(await jobsOf(serial).select<object[]>('label', 'reason')).toEqual([
      { label: '', reason: null },
      { label: expect.stringMatching(named) as string, reason: note },
    ]);
    const noted = (await kept(serial)).split(note).length - 1;
    expect(noted).toBe(2);
  });

  it('go with everything that is left of it, and no class is past its time before another of the same', async () => {
    const { caseId } = await shelf.anActiveToken();
    const { notAfter = 0 } = (await shelf.world.store.certificates.ofCase(caseId)) ?? {};
    const left = () => shelf.world.database('case_evidence').where({ case_id: caseId });
    let now = notAfter + 3650 * 86_400 - 3;
    const parts = { ...partsOf(shelf.world), clock: { now: () => now++ } };
    const deleted = await applyRetention(parts);
    expect([deleted.get('identityRecords'), deleted.get('applicationFields')]).toEqual([0, 0]);
    expect(await left()).not.toEqual([]);
    await erase(caseId);
    expect(await left()).toEqual([]);
  });
});
