/** Registrations at the operator’s console: whose, under which link, and nothing that a row says against it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fingerprintOf } from '../../ca-core/approvals/enrolment-mac.ts';
import { confirmEnrolment, invite } from '../../ca-core/console.ts';
import type { ACa } from '../support/a-ca.ts';
import type { ARunningCa } from './support/a-running-ca.ts';
import { aConsole, type AConsole } from './support/a-console.ts';

let ground: AConsole;
let running: ARunningCa;
let platform: ACa;
let clock: ARunningCa['clock'];
async function begin(): Promise<void> {
  ground = await aConsole();
  ({ running } = ground);
  ({ platform, clock } = running);
}
const end = (): Promise<void> => ground.end();

describe('a registration', () => {
  beforeAll(begin);
  afterAll(end);

  it('is shown with the fingerprints to compare, and what is missing', async () => {
    const link = await invite(platform.console, 'officer-third', 'officer');
    const { publicKey } = await ground.register(link, 'approve');
    const pending = await ground.pendingOf(link);
    expect(pending).toMatchObject({ memberId: 'officer-third', purpose: 'newMember', missing: ['signIn'], foreign: 0 });
    expect(pending?.credentials).toEqual([{ use: 'approve', fingerprint: fingerprintOf(publicKey) }]);
    expect(fingerprintOf(publicKey)).toMatch(/^([0-9a-f]{4}-){3}[0-9a-f]{4}$/);
    await expect(confirmEnrolment(platform.console, link.invitationId)).rejects.toThrow('enrolmentInvalid');
  });

  it('that was not made with the secret of the link is left out', async () => {
    const link = await invite(platform.console, 'officer-third', 'officer');
    await ground.register(link, 'approve');
    await ground.register(link, 'signIn');
    const foreign = await ground.register(link, 'approve', { secret: '00'.repeat(32) });
    expect(await ground.pendingOf(link)).toMatchObject({ foreign: 1, missing: [] });
    await confirmEnrolment(platform.console, link.invitationId);
    await ground.signRoll();
    const third = ground.rollNow().members.find(({ id }) => id === 'officer-third');
    expect(third?.credentials).toHaveLength(2);
    expect(third?.credentials.map(({ publicKey }) => publicKey)).not.toContain(foreign.publicKey);
  });

  it.each<[string, object]>([
    ['key', { public_key: '3059' }],
    ['use', { use: 'signIn' }],
    ['name', { name: 'Somebody Else' }],
    ['mailbox', { mailbox: 'thief@example.jp' }],
  ])('whose %s was changed by hand is left out', async (_, change) => {
    const link = await invite(platform.console, 'officer-third', 'officer');
    await ground.register(link, 'approve');
    await ground.register(link, 'signIn');
    await platform.database('enrolments').where({ invitation_id: link.invitationId, use: 'approve' }).update(change);
    expect(await ground.pendingOf(link)).toMatchObject({ foreign: 1, missing: ['approve'] });
    await expect(confirmEnrolment(platform.console, link.invitationId)).rejects.toThrow('enrolmentInvalid');
  });

  it('allows what the link was opened for, whatever the row about it says', async () => {
    const link = await invite(platform.console, 'lra-one', 'lra');
    const victim = platform.officers[0].memberId;
    const change = { role: 'officer', member_id: victim, expires_at: clock.now() + 9_999_999 };
    await platform.database('invitations').where({ id: link.invitationId }).update(change);
    await ground.register(link, 'approve');
    await ground.register(link, 'signIn');
    await confirmEnrolment(platform.console, link.invitationId);
    const waiting = (await platform.store.documents.awaiting()).at(-1);
    const members = waiting?.document.kind === 'roll' ? waiting.document.members : [];
    const others = ground.rollNow().members.map(({ id, role }) => `${id} ${role}`);
    expect(members.map(({ id, role }) => `${id} ${role}`)).toEqual([...others, 'lra-one lra']);
  });

  it('of an LRA needs no passkey of the portal, and speaks for the organisations that the operator named', async () => {
    clock.pass(1);
    const link = await invite(platform.console, 'lra-one', 'lra', ['7999901000001']);
    await ground.register(link, 'approve');
    expect(await ground.pendingOf(link)).toMatchObject({ missing: [] });
    await confirmEnrolment(platform.console, link.invitationId);
    const waiting = (await platform.store.documents.awaiting()).at(-1);
    const members = waiting?.document.kind === 'roll' ? waiting.document.members : [];
    expect(members.at(-1)).toMatchObject({ id: 'lra-one', role: 'lra', organisations: ['7999901000001'] });
  });

  it('comes too late once the link is over, or was used', async () => {
    const link = await invite(platform.console, 'officer-third', 'officer');
    await ground.register(link, 'approve');
    await ground.register(link, 'signIn');
    clock.pass(3601);
    await expect(ground.register(link, 'signIn')).rejects.toThrow('invitationUnknown');
    await platform.database('invitations').update({ expires_at: clock.now() + 9999 });
    await expect(confirmEnrolment(platform.console, link.invitationId)).rejects.toThrow('invitationUnknown');
    const other = await invite(platform.console, 'officer-third', 'officer');
    await ground.register(other, 'approve');
    await ground.register(other, 'signIn');
    await confirmEnrolment(platform.console, other.invitationId);
    await platform.database('invitations').update({ closed_at: null });
    await expect(confirmEnrolment(platform.console, other.invitationId)).rejects.toThrow('invitationUnknown');
  });

  it('is one person with one name, and not somebody who is there already', async () => {
    const link = await invite(platform.console, 'officer-third', 'officer');
    await ground.register(link, 'approve');
    await ground.register(link, 'signIn', { name: 'Another Name' });
    await expect(confirmEnrolment(platform.console, link.invitationId)).rejects.toThrow('enrolmentInvalid');
    const known = ground.rollNow().members[0]?.credentials.find(({ use }) => use === 'approve')?.publicKey ?? '';
    const again = await invite(platform.console, 'officer-fourth', 'officer');
    await ground.register(again, 'approve', { publicKey: known });
    await ground.register(again, 'signIn');
    await expect(confirmEnrolment(platform.console, again.invitationId)).rejects.toThrow('enrolmentInvalid');
  });
});
