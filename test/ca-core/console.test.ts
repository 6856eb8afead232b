import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { enrolmentMac, fingerprintOf } from '../../ca-core/approvals/enrolment-mac.ts';
import type { RollDocument } from '../../ca-core/approvals/documents.ts';
import {
  confirmEnrolment,
  founderLinks,
  invite,
  pendingEnrolments,
  recover,
  type OneTimeLink,
} from '../../ca-core/console.ts';
import type { OpenCa } from '../../ca-core/open-ca.ts';
import { anchoredRoll } from '../../ca-core/follow-roll.ts';
import { openAnchors } from '../../ca-core/home/home.ts';
import { createSoftwareAuthenticator } from '../../scripts/demo/software-authenticator.ts';
import { aCa, aClock, desk, enrol, settle, type ACa, type Officer } from '../support/a-ca.ts';
import { alarmLog, auditedAbout, type AlarmLog } from '../support/by-hand.ts';
import { checkPki } from '../support/check-pki.ts';

let clock: ReturnType<typeof aClock>;
let log: AlarmLog;
let platform: ACa;
let core: OpenCa;

async function begin(): Promise<void> {
  clock = aClock();
  log = alarmLog();
  platform = await aCa({ clock });
  core = await platform.open({ log });
  await settle(core);
}

async function end(): Promise<void> {
  await settle(core);
  expect(await checkPki(platform)).toEqual([]);
  await core.close();
  await platform.end();
}

const rollNow = (): RollDocument => {
  const roll = anchoredRoll(platform.console.anchors)?.roll;
  if (roll === undefined) throw new Error('no roll');
  return roll;
};

interface Registered {
  readonly publicKey: string;
  readonly credentialId: string;
}

/** Registers one passkey under a link, as a page does. The MAC is the link's own unless another secret is given. */
async function register(
  link: OneTimeLink,
  use: 'approve' | 'signIn',
  change: { readonly secret?: string; readonly name?: string; readonly publicKey?: string } = {},
): Promise<Registered> {
  const created = createSoftwareAuthenticator().create(desk);
  const person = { name: 'Third Officer', mailbox: `${link.memberId}@operator.example` };
  const claim = { ...person, ...created, ...change, invitationId: link.invitationId, use };
  const mac = enrolmentMac(Buffer.from(change.secret ?? link.secret, 'hex'), claim);
  const { credentialId, publicKey } = claim;
  const { invitationId, name, mailbox } = claim;
  await platform.store.enrolments.add({
    invitationId,
    use,
    credentialId,
    publicKey,
    name,
    mailbox,
    mac,
    at: clock.now(),
  });
  return { credentialId, publicKey };
}

const pendingOf = async ({ invitationId }: OneTimeLink) =>
  (await pendingEnrolments(platform.console)).find(pending => pending.invitationId === invitationId);

/** Two officers sign the newest roll that waits for them. */
async function signRoll(by: readonly Officer[] = platform.officers): Promise<void> {
  const [waiting] = await platform.store.documents.awaiting();
  if (waiting === undefined) throw new Error('no document waits');
  await platform.approve(waiting.document, by);
  await settle(core);
}

describe('the first roll', () => {
  beforeAll(begin);
  afterAll(end);

  it('holds the two founders that the operator confirmed', () => {
    expect(rollNow().number).toBe(1);
    expect(rollNow().previous).toBeNull();
    expect(rollNow().members.map(({ id }) => id)).toEqual(platform.officers.map(({ memberId }) => memberId));
    expect(rollNow().members.map(({ role }) => role)).toEqual(['officer', 'officer']);
  });

  it('leaves no founder link open', async () => {
    expect(await founderLinks(platform.console)).toEqual([]);
  });
});

describe('a third officer', () => {
  beforeEach(begin);
  afterEach(end);

  it('comes onto the roll by two officers, and then counts', async () => {
    const link = await invite(platform.console, 'officer-third', 'officer');
    const third = await enrol(platform.console, link);
    await settle(core);
    expect(rollNow().number).toBe(1);
    await signRoll();
    expect(rollNow().members.map(({ id }) => id)).toContain('officer-third');
    expect((await platform.store.rolls.current())?.number).toBe(2);
    expect(await auditedAbout(platform, '2')).toContain('roll.followed');
    const document = platform.aCase();
    await platform.approve(document, [platform.officers[0], third]);
    await settle(core);
    expect(await platform.store.orders.ofCase(document.caseId)).toMatchObject({ state: 'issued' });
  });

  it('does not vote for the roll it comes with, and counts for nothing before', async () => {
    const link = await invite(platform.console, 'officer-third', 'officer');
    const third = await enrol(platform.console, link);
    const [waiting] = await platform.store.documents.awaiting();
    if (waiting?.document.kind !== 'roll') throw new Error('no roll waits');
    await platform.approve(waiting.document, [platform.officers[0], third]);
    await settle(core);
    expect(rollNow().number).toBe(1);
    expect(log.alarms).toContain('a roll that does not hold was taken out');
    const document = platform.aCase();
    await platform.approve(document, [platform.officers[0], third]);
    await settle(core);
    expect(await platform.store.orders.ofCase(document.caseId)).toMatchObject({ refusal: { code: 'approverUnknown' } });
  });

  it('as an LRA approves nothing', async () => {
    const link = await invite(platform.console, 'lra-one', 'lra');
    const lra = await enrol(platform.console, link);
    await signRoll();
    const document = platform.aCase();
    await platform.approve(document, [platform.officers[0], lra]);
    await settle(core);
    expect(await platform.store.orders.ofCase(document.caseId)).toMatchObject({ refusal: { code: 'approverUnknown' } });
  });

  it('meets a clear refusal where another roll took the number', async () => {
    for (const id of ['officer-third', 'officer-fourth']) {
      await enrol(platform.console, await invite(platform.console, id, 'officer'));
    }
    const rolls = await platform.store.documents.about('roll', '2');
    const [one, other] = rolls.map(({ document }) => document);
    if (one === undefined || other === undefined) throw new Error('two rolls should wait');
    await platform.approve(one);
    await expect(platform.approve(other)).rejects.toThrow('rollOutOfOrder');
    await settle(core);
    expect(rollNow().number).toBe(2);
  });
});

describe('a registration', () => {
  beforeAll(begin);
  afterAll(end);

  it('is shown with the fingerprints to compare, and what is missing', async () => {
    const link = await invite(platform.console, 'officer-third', 'officer');
    const { publicKey } = await register(link, 'approve');
    const pending = await pendingOf(link);
    expect(pending).toMatchObject({ memberId: 'officer-third', purpose: 'newMember', missing: ['signIn'], foreign: 0 });
    expect(pending?.credentials).toEqual([{ use: 'approve', fingerprint: fingerprintOf(publicKey) }]);
    expect(fingerprintOf(publicKey)).toMatch(/^([0-9a-f]{4}-){3}[0-9a-f]{4}$/);
    await expect(confirmEnrolment(platform.console, link.invitationId)).rejects.toThrow('enrolmentInvalid');
  });

  it('that was not made with the secret of the link is left out', async () => {
    const link = await invite(platform.console, 'officer-third', 'officer');
    await register(link, 'approve');
    await register(link, 'signIn');
    const foreign = await register(link, 'approve', { secret: '00'.repeat(32) });
    expect(await pendingOf(link)).toMatchObject({ foreign: 1, missing: [] });
    await confirmEnrolment(platform.console, link.invitationId);
    await signRoll();
    const third = rollNow().members.find(({ id }) => id === 'officer-third');
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
    await register(link, 'approve');
    await register(link, 'signIn');
    await platform.database('enrolments').where({ invitation_id: link.invitationId, use: 'approve' }).update(change);
    expect(await pendingOf(link)).toMatchObject({ foreign: 1, missing: ['approve'] });
    await expect(confirmEnrolment(platform.console, link.invitationId)).rejects.toThrow('enrolmentInvalid');
  });

  it('allows what the link was opened for, whatever the row about it says', async () => {
    const link = await invite(platform.console, 'lra-one', 'lra');
    const victim = platform.officers[0].memberId;
    const change = { role: 'officer', member_id: victim, expires_at: clock.now() + 9_999_999 };
    await platform.database('invitations').where({ id: link.invitationId }).update(change);
    await register(link, 'approve');
    await register(link, 'signIn');
    await confirmEnrolment(platform.console, link.invitationId);
    const waiting = (await platform.store.documents.awaiting()).at(-1);
    const members = waiting?.document.kind === 'roll' ? waiting.document.members : [];
    const others = rollNow().members.map(({ id, role }) => `${id} ${role}`);
    expect(members.map(({ id, role }) => `${id} ${role}`)).toEqual([...others, 'lra-one lra']);
  });

  it('of an LRA needs no passkey of the portal, and speaks for the organisations that the operator named', async () => {
    clock.pass(1);
    const link = await invite(platform.console, 'lra-one', 'lra', ['7999901000001']);
    await register(link, 'approve');
    expect(await pendingOf(link)).toMatchObject({ missing: [] });
    await confirmEnrolment(platform.console, link.invitationId);
    const waiting = (await platform.store.documents.awaiting()).at(-1);
    const members = waiting?.document.kind === 'roll' ? waiting.document.members : [];
    expect(members.at(-1)).toMatchObject({ id: 'lra-one', role: 'lra', organisations: ['7999901000001'] });
  });

  it('comes too late once the link is over, or was used', async () => {
    const link = await invite(platform.console, 'officer-third', 'officer');
    await register(link, 'approve');
    await register(link, 'signIn');
    clock.pass(3601);
    await expect(register(link, 'signIn')).rejects.toThrow('invitationUnknown');
    await platform.database('invitations').update({ expires_at: clock.now() + 9999 });
    await expect(confirmEnrolment(platform.console, link.invitationId)).rejects.toThrow('invitationUnknown');
    const other = await invite(platform.console, 'officer-third', 'officer');
    await register(other, 'approve');
    await register(other, 'signIn');
    await confirmEnrolment(platform.console, other.invitationId);
    await platform.database('invitations').update({ closed_at: null });
    await expect(confirmEnrolment(platform.console, other.invitationId)).rejects.toThrow('invitationUnknown');
  });

  it('is one person with one name, and not somebody who is there already', async () => {
    const link = await invite(platform.console, 'officer-third', 'officer');
    await register(link, 'approve');
    await register(link, 'signIn', { name: 'Another Name' });
    await expect(confirmEnrolment(platform.console, link.invitationId)).rejects.toThrow('enrolmentInvalid');
    const known = rollNow().members[0]?.credentials.find(({ use }) => use === 'approve')?.publicKey ?? '';
    const again = await invite(platform.console, 'officer-fourth', 'officer');
    await register(again, 'approve', { publicKey: known });
    await register(again, 'signIn');
    await expect(confirmEnrolment(platform.console, again.invitationId)).rejects.toThrow('enrolmentInvalid');
  });
});

describe('an officer who lost every authenticator', () => {
  beforeEach(begin);
  afterEach(end);

  const secrets = (): readonly [string, string] => {
    const [one, other] = platform.outcome.operatorSecrets.map(({ secret }) => secret);
    return [one ?? '', other ?? ''];
  };

  it('comes back by two operators, and the old passkeys count no more', async () => {
    const lost = platform.officers[0];
    const link = await recover(platform.console, lost.memberId, secrets());
    const back = await enrol(platform.console, link);
    await settle(core);
    expect(rollNow().number).toBe(2);
    expect((await platform.store.rolls.current())?.authorisedBy).toBe('console');
    const [one, other] = [platform.aCase(), platform.aCase()];
    await platform.approve(one, [lost, platform.officers[1]]);
    await platform.approve(other, [back, platform.officers[1]]);
    await settle(core);
    expect(await platform.store.orders.ofCase(one.caseId)).toMatchObject({ refusal: { code: 'approverUnknown' } });
    expect(await platform.store.orders.ofCase(other.caseId)).toMatchObject({ state: 'issued' });
    expect(await auditedAbout(platform, lost.memberId)).toContain('roll.recoveryOpened');
  });

  it('needs two different operators', async () => {
    const { memberId } = platform.officers[0];
    const [one, other] = secrets();
    await expect(recover(platform.console, memberId, [one, one])).rejects.toThrow('notPermitted');
    await expect(recover(platform.console, memberId, [one, randomUUID()])).rejects.toThrow('notPermitted');
    await expect(recover(platform.console, 'nobody', [one, other])).rejects.toThrow('approverUnknown');
  });

  it('is not un-done by the older roll put back', async () => {
    const lost = platform.officers[0];
    const before = await platform.store.rolls.current();
    const link = await recover(platform.console, lost.memberId, secrets());
    await enrol(platform.console, link);
    await settle(core);
    if (before === undefined) throw new Error('no roll');
    const older = {
      number: 3,
      digest: before.digest,
      document: before.text,
      approvals: '[]',
      authorised_by: 'console',
    };
    await platform.database('rolls').delete();
    await platform.database('rolls').insert({ ...older, created_at: clock.now() });
    const document = platform.aCase();
    await platform.approve(document, [lost, platform.officers[1]]);
    await settle(core);
    expect(await platform.store.orders.ofCase(document.caseId)).toMatchObject({ refusal: { code: 'approverUnknown' } });
    expect(rollNow().number).toBe(2);
    expect((await platform.store.rolls.current())?.number).toBe(2);
  });
});

describe('founders', () => {
  beforeAll(begin);
  afterAll(end);

  it('confirmed again after a crash stand on the roll once', async () => {
    const home = mkdtempSync(join(tmpdir(), 'kakuin-founders-'));
    const console = { ...platform.console, anchors: await openAnchors(home) };
    await platform.database('enrolments').delete();
    await platform.database('invitations').delete();
    const [one, other] = await founderLinks(console);
    if (one === undefined || other === undefined) throw new Error('no links');
    const [member] = rollNow().members;
    // What a crash leaves between the founder's own file and the first roll.
    await console.anchors.founders.add(
      1,
      JSON.stringify({ ...member, id: one.memberId, mailbox: 'one@operator.example' }),
    );
    const before = console.anchors.rolls.newest();
    expect(before).toBeUndefined();
    await enrolFounder(console, one);
    await enrolFounder(console, other);
    const text = console.anchors.rolls.newest()?.content.text ?? '{}';
    const { members } = JSON.parse(text) as RollDocument;
    expect(members.map(({ id }) => id)).toEqual([one.memberId, other.memberId]);
    rmSync(home, { recursive: true });
  });

  const enrolFounder = async (console: ACa['console'], link: OneTimeLink): Promise<void> => {
    await enrol(console, link);
  };
});
