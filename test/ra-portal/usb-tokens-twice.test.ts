/** A token that is lost, or broken, and then ended: what the first act asked of its certificate stays asked. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aPerson } from './support/a-person.ts';
import { person } from './support/an-application.ts';
import { at, aUsbShelf, codeOf, type AUsbShelf } from './support/a-usb-shelf.ts';

let shelf: AUsbShelf;
beforeAll(async () => {
  shelf = await aUsbShelf();
});
afterAll(() => shelf.end());

const act = (serial: string, body: object) => shelf.officers[0].visitor.json(`${at(serial)}/acts`, body);
const ending = { act: 'terminate', reason: 'cessationOfOperation', note: 'the form came back' };

describe('a lost token that is ended', () => {
  it('still has the certificate revoked that was on its way, as compromised', async () => {
    const job = await shelf.aJob();
    expect((await shelf.handIn(job)).answer.status).toBe(200);
    await act(job.serial, { act: 'lose' }).expect(200);
    await act(job.serial, ending).expect(200);
    const waiting = { state: 'terminated', awaits: 'revocation', reason: 'keyCompromise', document: null };
    expect((await shelf.look(job.serial)).token).toMatchObject(waiting);
    // The CA core was just about to issue it.
    await shelf.world.database('voided_documents').delete();
    await shelf.world.work();
    await shelf.world.portal.look();
    await shelf.signedBy(job.serial, [shelf.officers[1]]);
    const { serialNumber = '' } = (await shelf.world.store.certificates.ofCase(job.caseId)) ?? {};
    expect(await shelf.statusOf(serialNumber)).toMatchObject({ status: 'revoked', reason: 'keyCompromise' });
    expect((await shelf.look(job.serial)).token).toMatchObject({ state: 'terminated', awaits: null });
  });

  it('waits for the document that is there, whoever ends it', async () => {
    const lra = await aPerson(shelf.world, { role: 'lra', organisation: person.corporateNumber });
    for (const visitor of [shelf.officers[1].visitor, lra.visitor]) {
      const { serial, serialNumber } = await shelf.anActiveToken();
      await act(serial, { act: 'lose' }).expect(303);
      const { document } = (await shelf.look(serial)).token;
      await visitor.json(`${at(serial)}/acts`, ending);
      const asked = { state: 'terminated', awaits: 'revocation', reason: 'keyCompromise', document };
      expect((await shelf.look(serial)).token).toMatchObject(asked);
      await shelf.world.work();
      expect(await shelf.statusOf(serialNumber)).toMatchObject({ status: 'good' });
      expect(codeOf(await act(serial, { act: 'clear' }))).toBe('409 tokenInUse');
      await shelf.signedBy(serial, [shelf.officers[1]]);
      expect(await shelf.statusOf(serialNumber)).toMatchObject({ status: 'revoked', reason: 'keyCompromise' });
      expect((await shelf.look(serial)).token).toMatchObject({ awaits: null });
    }
  });

  it('that was to be put on hold only is revoked for good', async () => {
    const { serial, serialNumber } = await shelf.anActiveToken();
    await act(serial, { act: 'suspend' }).expect(303);
    await act(serial, { act: 'lose' }).expect(303);
    await shelf.signedBy(serial, [shelf.officers[1]]);
    expect(await shelf.statusOf(serialNumber)).toMatchObject({ status: 'revoked', reason: 'keyCompromise' });
  });
});
