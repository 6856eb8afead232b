import { drawPickUpSecret, pickUpPublicKey } from '../../../ca-core/delivery/seal.ts';
import type { APortal, PortalOfficer } from './a-portal.ts';
import type { Visitor } from './a-visitor.ts';

/** A plainly fictional person of the demo's fictional organisation. */
export const person = {
  profile: 'jcan-classic',
  kanjiName: '架空 太郎',
  kanaName: 'カクウ タロウ',
  romanName: 'Kakuu Taro',
  corporateNumber: '7999901000001',
  organisationName: '株式会社架空角印',
  mailbox: 'taro@kakuu-kakuin.example',
  delivery: 'pkcs12',
  keyAlgorithm: 'p-256',
};

export interface Applied {
  readonly caseId: string;
  readonly accessCode: string;
  readonly secret: string;
  readonly visitor: Visitor;
}

/** Applies as the browser does: the secret stays here, only its public key is sent. */
export async function apply(world: APortal, change: Readonly<Record<string, string>> = {}): Promise<Applied> {
  const visitor = world.visitor();
  const secret = drawPickUpSecret();
  const sealTo = await pickUpPublicKey(secret);
  const body: unknown = (await visitor.json('/apply', { ...person, sealTo, ...change }).expect(201)).body;
  const { caseId, accessCode } = body as { caseId: string; accessCode: string };
  return { caseId, accessCode, secret, visitor };
}

/** The code in the newest letter about a case. */
export async function mailedCode(world: APortal, caseId: string): Promise<string> {
  const letters = await world.letters();
  return letters.map(text => new RegExp(`${caseId}/mailbox#(\\S+)`).exec(text)?.[1]).findLast(code => code) ?? '';
}

export async function proveMailbox(world: APortal, { caseId, visitor }: Applied): Promise<void> {
  const code = await mailedCode(world, caseId);
  await visitor.json(`/applications/${caseId}/mailbox`, { code }).expect(200);
}

export const licence = {
  document: 'driving-licence',
  method: 'in-person',
  issuer: '東京都公安委員会',
  number: '012345678901',
  validUntil: '',
  result: 'accepted',
};
export const staffCard = { ...licence, document: 'staff-card', issuer: person.organisationName, number: 'A-0001' };

/** Records the evidence and makes the document; its digest. */
export async function review(world: APortal, { visitor }: PortalOfficer, caseId: string): Promise<string> {
  const seenOn = new Date((world.clock.now() + 9 * 3600) * 1000).toISOString().slice(0, 10);
  const path = `/officer/cases/${caseId}`;
  for (const seen of [licence, staffCard]) await visitor.json(`${path}/evidence`, { ...seen, seenOn }).expect(200);
  const body: unknown = (await visitor.json(`${path}/document`, {}).expect(303)).body;
  return (body as { digest: string }).digest;
}

/** Applied for, proved, approved by both officers, of whom the first is signed in, and issued. */
export async function issued(
  world: APortal,
  officers: readonly [PortalOfficer, PortalOfficer],
  change: Readonly<Record<string, string>> = {},
): Promise<Applied> {
  const applied = await apply(world, change);
  await proveMailbox(world, applied);
  await approve(world, officers, applied.caseId);
  return applied;
}

/** Reviewed by the first of them, who is signed in, and approved by both: the CA core has worked on it. */
export async function approve(
  world: APortal,
  officers: readonly [PortalOfficer, PortalOfficer],
  caseId: string,
): Promise<void> {
  const digest = await review(world, officers[0], caseId);
  for (const officer of officers) await officer.approve(digest);
  await world.work();
}
