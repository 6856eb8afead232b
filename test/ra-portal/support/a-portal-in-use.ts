/** Cases in every stage, each with a name that is markup, and whatever else the pages of a portal in use have to show. */
import { invite } from '../../../ca-core/console.ts';
import { formTextOf } from '../../../ra-portal/applications/form-text.ts';
import { beginMemberDraft, keepMemberDraft } from '../../../ra-portal/lra/drafts.ts';
import type { PortalParts } from '../../../ra-portal/parts.ts';
import type { Person } from '../../../ra-portal/people/person.ts';
import { keepUsbToken } from '../../../ra-portal/store/usb-tokens.ts';
import { appliedFor, seen } from './a-members-desk.ts';
import { invitedPerson } from './a-person.ts';
import type { APortal, PortalOfficer } from './a-portal.ts';
import type { Visitor } from './a-visitor.ts';
import { aToken, holder } from './a-token.ts';
import { apply, licence, person, proveMailbox, review, staffCard, type Applied } from './an-application.ts';
import { typed } from './answer-steps.ts';
import type { Comer } from './every-place.ts';
import { aJpeg } from './files.ts';

const hostile = { kanjiName: '', kanjiFamily: '<svg onload=alert(1)>', kanjiGiven: '"𠮷野\'&' };

export interface ToBeUsed {
  readonly world: APortal;
  readonly parts: PortalParts;
  /** The first of them is signed in. */
  readonly officers: readonly [PortalOfficer, PortalOfficer];
  readonly lra: Person;
}

export interface InUse {
  /** What `{name}` stands for in the table of places. */
  readonly names: Readonly<Record<string, string>>;
  readonly visitors: readonly (readonly [Comer, Visitor])[];
}

export async function use(portal: ToBeUsed): Promise<InUse> {
  const { world } = portal;
  const { applied, returned, held, paused } = await casesOfApplicants(portal);
  const names = {
    ...{ applied: applied.caseId, returned: returned.caseId, held: held.caseId },
    ...(await casesOfMembers(portal)),
    report: await reported(world),
    serial: await serialOf(world, held),
    token: await lostToken(world),
    pausedSerial: await serialOf(world, paused),
    ...(await invitations(world)),
  };
  const visitors = [
    ['applicant', applied.visitor],
    ['returned', returned.visitor],
    ['holder', held.visitor],
  ] as const;
  return { names, visitors };
}

async function casesOfApplicants({ world, officers }: ToBeUsed) {
  const applied = await apply(world, hostile);
  await fillDraft(world, applied.visitor);
  const returned = await apply(world, { ...hostile, mailbox: 'returned@kakuu-kakuin.example' });
  const held = await apply(world, { ...hostile, mailbox: 'held@kakuu-kakuin.example' });
  const green = await apply(world, { ...hostile, mailbox: 'green@kakuu-kakuin.example' });
  const paused = await apply(world, { ...hostile, mailbox: 'paused@kakuu-kakuin.example' });
  for (const one of [applied, returned, held, green, paused]) await proveMailbox(world, one);
  for (const evidence of [licence, staffCard]) {
    const seenOn = new Date((world.clock.now() + 9 * 3600) * 1000).toISOString().slice(0, 10);
    await officers[0].visitor.json(`/officer/cases/${green.caseId}/evidence`, { ...evidence, seenOn }).expect(200);
  }
  await sendBack(officers[0], returned.caseId);
  for (const { caseId } of [held, paused]) {
    const digest = await review(world, officers[0], caseId);
    for (const officer of officers) await officer.approve(digest);
  }
  await world.work();
  await paused.visitor.json(`/applications/${paused.caseId}/revoke`, { reason: 'certificateHold' }).expect(202);
  await world.work();
  return { applied, returned, held, paused };
}

async function casesOfMembers({ parts, officers, lra }: ToBeUsed) {
  const forMember = async (mailbox: string): Promise<string> =>
    (await appliedFor({ parts, lra }, { ...hostile, mailbox })).caseId;
  const memberReturned = await forMember('member2@kakuu-kakuin.example');
  await sendBack(officers[0], memberReturned);
  const draft = await beginMemberDraft(parts, lra);
  const { profile, keyAlgorithm, mailbox } = person;
  const text = formTextOf({ profile, keyAlgorithm, mailbox, ...typed['person'], ...typed['roman'] });
  await keepMemberDraft(parts, draft, { text, seen });
  return { memberReturned, draft, member: await forMember('member@kakuu-kakuin.example') };
}

async function sendBack({ visitor }: PortalOfficer, caseId: string): Promise<void> {
  const remarks = { reason: 'name', note: '<svg onload=alert(1)>', 'remark.kanjiName': 'notAsInDocument' };
  await visitor.json(`/officer/cases/${caseId}/return`, remarks).expect(200);
}

/** An applicant with an application under way and a draft of the next one. */
async function fillDraft(world: APortal, visitor: Visitor): Promise<void> {
  await visitor.form('/apply/draft', {}, '/apply');
  for (const [step, fields] of Object.entries(typed)) {
    const delivery = step === 'contact' ? { delivery: 'pkcs12', keyAlgorithm: 'p-256' } : {};
    await visitor.form(`/apply/${step}`, { ...fields, ...delivery }, `/apply/${step}`);
  }
  const token = /name="formToken" value="([^"]+)"/.exec((await visitor.page('/apply/documents')).text)?.[1] ?? '';
  const sending = visitor.agent.post('/apply/documents').set({ Origin: world.url, Accept: 'text/html' });
  await sending.field({ formToken: token, document: 'driving-licence' }).attach('file', aJpeg(), 'a.jpg').expect(303);
}

async function reported(world: APortal): Promise<string> {
  const body: unknown = (await world.visitor().json('/report', { words: '<svg onload=alert(1)>' }).expect(201)).body;
  return (body as { receipt: string }).receipt;
}

const serialOf = async (world: APortal, { caseId }: Applied): Promise<string> =>
  (await world.store.certificates.ofCase(caseId))?.serialNumber ?? '';

async function lostToken(world: APortal): Promise<string> {
  const lost = { ...aToken('T-0001'), state: 'lost', holder: { ...holder, name: hostile.kanjiFamily } } as const;
  await keepUsbToken(world.database, lost);
  return lost.serial;
}

/** Of a person with an account to come, and of an officer to come. */
async function invitations(world: APortal) {
  const invited = await invitedPerson(world, { role: 'auditor', mailbox: 'invited@operator.example' });
  const { invitationId, secret } = await invite(world.terminal, 'officer-new', 'officer');
  return { person: invited.personId, personLink: new URL(invited.url).pathname, invitation: invitationId, secret };
}
