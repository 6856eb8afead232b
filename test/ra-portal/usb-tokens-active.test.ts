/** An active USB token to its end: suspended, lost, handed over, and its certificate with it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aPerson, type APerson } from './support/a-person.ts';
import type { APortal, PortalOfficer } from './support/a-portal.ts';
import { licence, person } from './support/an-application.ts';
import { at, aUsbShelf, codeOf, type AUsbShelf } from './support/a-usb-shelf.ts';

let shelf: AUsbShelf;
let world: APortal;
let officers: readonly [PortalOfficer, PortalOfficer];
let lra: APerson;
beforeAll(async () => {
  shelf = await aUsbShelf();
  ({ world, officers } = shelf);
  lra = await aPerson(world, { role: 'lra', organisation: person.corporateNumber });
});
afterAll(() => shelf.end());

const act = (serial: string, body: object) => officers[0].visitor.json(`${at(serial)}/acts`, body);

describe('an active token', () => {
  it('is suspended by one signature and released by two; its certificate with it', async () => {
    const { serial, serialNumber } = await shelf.anActiveToken();
    await act(serial, { act: 'suspend' }).expect(303);
    expect((await shelf.look(serial)).token).toMatchObject({ state: 'suspended', awaits: 'revocation' });
    // Written down is not revoked, and the portal alone revokes nothing.
    await world.work();
    expect(await shelf.statusOf(serialNumber)).toMatchObject({ status: 'good' });
    expect((await shelf.look(serial)).token).toMatchObject({ state: 'suspended', awaits: 'revocation' });
    await shelf.signedBy(serial, [officers[0]]);
    expect(await shelf.statusOf(serialNumber)).toMatchObject({ status: 'revoked', reason: 'certificateHold' });
    expect((await shelf.look(serial)).token).toMatchObject({ state: 'suspended', awaits: null });
    await act(serial, { act: 'release' }).expect(303);
    await shelf.signedBy(serial, [officers[0]]);
    expect((await shelf.look(serial)).token).toMatchObject({ state: 'suspended', awaits: 'release' });
    await shelf.signedBy(serial, [officers[1]]);
    expect(await shelf.statusOf(serialNumber)).toMatchObject({ status: 'good' });
    expect((await shelf.look(serial)).token).toMatchObject({ state: 'active', awaits: null });
  });

  it('is lost for keyCompromise, damaged and ended for what is chosen, and never active again', async () => {
    for (const [name, reason, expected] of [
      ['lose', '', 'keyCompromise'],
      ['damage', 'superseded', 'superseded'],
      ['terminate', 'cessationOfOperation', 'cessationOfOperation'],
    ] as const) {
      const { serial, serialNumber } = await shelf.anActiveToken();
      await act(serial, { act: name, reason, note: 'as told on the phone' }).expect(303);
      await shelf.signedBy(serial, [officers[1]]);
      expect(await shelf.statusOf(serialNumber)).toMatchObject({ status: 'revoked', reason: expected });
      expect((await shelf.look(serial)).token).toMatchObject({ awaits: null });
      for (const back of ['suspend', 'release', 'lose']) {
        expect(codeOf(await act(serial, { act: back })), `${name} ${back}`).toBe('409 tokenState');
      }
    }
  });

  it('gives no other reason than the table has, and is not made blank while its certificate is good', async () => {
    const { serial } = await shelf.anActiveToken();
    expect(codeOf(await act(serial, { act: 'damage', reason: 'keyCompromise' }))).toBe('422 reasonNotAllowed');
    expect(codeOf(await act(serial, { act: 'damage' }))).toBe('422 reasonNotAllowed');
    expect(codeOf(await act(serial, { act: 'activate' }))).toBe('422 fieldInvalid');
    await act(serial, { act: 'terminate', reason: 'cessationOfOperation' }).expect(303);
    expect(codeOf(await act(serial, { act: 'clear' }))).toBe('409 tokenInUse');
    await shelf.signedBy(serial, [officers[0]]);
    await act(serial, { act: 'clear' }).expect(200);
    expect((await shelf.look(serial)).token).toMatchObject({ state: 'unformatted', caseId: null, holder: null });
  });

  it('follows what happens to its certificate elsewhere', async () => {
    const { serial, applied } = await shelf.anActiveToken();
    await applied.visitor.json(`/applications/${applied.caseId}/revoke`, { reason: 'keyCompromise' }).expect(202);
    await world.work();
    await world.portal.look();
    expect((await shelf.look(serial)).token).toMatchObject({ state: 'terminated', awaits: null });
  });

  it('is handed over by one person and its letter by another, and then the case is delivered', async () => {
    const { serial, caseId } = await shelf.anActiveToken();
    const [one, two] = officers;
    const hand = (officer: PortalOfficer, what: string) => officer.visitor.json(`${at(serial)}/hand-over`, { what });
    await hand(one, 'letter').expect(200);
    expect(codeOf(await hand(one, 'token'))).toBe('409 handedBySame');
    await hand(two, 'token').expect(200);
    await hand(one, 'token').expect(200);
    expect((await shelf.look(serial)).token).toMatchObject({
      letter: { by: one.memberId },
      handed: { by: two.memberId },
    });
    expect(await world.database('applications').where({ case_id: caseId }).pluck<string[]>('state')).toEqual([
      'delivered',
    ]);
  });

  it('of the own organisation is an LRA’s to stop, not to release, and of another it is not there', async () => {
    const { serial, serialNumber } = await shelf.anActiveToken();
    const asLra = (body: object) => lra.visitor.json(`${at(serial)}/acts`, body);
    expect(codeOf(await asLra({ act: 'release' }))).toBe('403 notPermitted');
    await asLra({ act: 'suspend' }).expect(200);
    await world.work();
    expect(await shelf.statusOf(serialNumber)).toMatchObject({ status: 'revoked', reason: 'certificateHold' });
    const seen = (await lra.visitor.look(at(serial)).expect(200)).text;
    expect(seen).toContain('"act":"suspend"');
    expect(seen).not.toContain(licence.number);
    await world.database('usb_tokens').where({ serial }).update({ corporate_number: '1000000000000' });
    expect(codeOf(await lra.visitor.look(at(serial)))).toBe('404 tokenUnknown');
    const { tokens } = (await lra.visitor.look('/tokens?text=token/').expect(200)).body as {
      tokens: { serial: string }[];
    };
    expect(tokens.map(token => token.serial)).not.toContain(serial);
  });
});
