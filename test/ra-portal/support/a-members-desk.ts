/** An organisation's desk that applies for its members, and the codes that go to each of them by two ways. */
import { applyForMember, type AppliedForMember } from '../../../ra-portal/lra/apply-for-member.ts';
import { formTextOf } from '../../../ra-portal/applications/form-text.ts';
import { isMistakes } from '../../../ra-portal/applications/read-form.ts';
import type { PortalParts } from '../../../ra-portal/parts.ts';
import type { Person } from '../../../ra-portal/people/person.ts';
import { aPerson, type APerson } from './a-person.ts';
import { aPortal, type APortal, type PortalOfficer } from './a-portal.ts';
import { person } from './an-application.ts';
import { lraOf, partsOf } from './parts-of.ts';

export interface AMembersDesk {
  readonly world: APortal;
  readonly parts: PortalParts;
  /** The LRA with a browser. */
  readonly desk: APerson;
  /** The LRA as the portal sees it. */
  readonly lra: Person;
  /** The first of them is signed in. */
  readonly officers: readonly [PortalOfficer, PortalOfficer];
}

export async function aMembersDesk(): Promise<AMembersDesk> {
  const world = await aPortal();
  const desk = await aPerson(world, { role: 'lra', organisation: person.corporateNumber });
  const officers = await world.officers();
  await officers[0].signIn();
  return { world, desk, officers, parts: partsOf(world), lra: lraOf(desk, person.corporateNumber) };
}

/** How and when the desk saw a member. */
export const seen = { identityMethod: 'in-person', identitySeenOn: '令和8年11月1日' };

/** What the desk is told of an application that it wrote. */
export async function appliedFor(
  { parts, lra }: Pick<AMembersDesk, 'parts' | 'lra'>,
  change: Readonly<Record<string, string>> = {},
): Promise<AppliedForMember> {
  const text = formTextOf({ ...person, ...change });
  const answer = await applyForMember(parts, lra, { text, seen, language: 'ja', draftId: null });
  if (isMistakes(answer)) throw new Error(JSON.stringify(answer));
  return answer;
}

/** The code in the letter to the member that the desk has not seen used before. */
export async function takeOverCode(world: APortal, caseId: string, except = ''): Promise<string> {
  const codes = (await world.letters()).map(text => new RegExp(`${caseId}/take-over#(\\S+)`).exec(text)?.[1] ?? '');
  return codes.find(code => code !== '' && code !== except) ?? '';
}
