/** A certificate that ends, one that was revoked before its end, and a clock that goes as near to it as one likes. */
import type { PortalParts } from '../../../ra-portal/parts.ts';
import { aPerson, type APerson } from './a-person.ts';
import { aPortal, type APortal, type PortalOfficer } from './a-portal.ts';
import { issued, person, type Applied } from './an-application.ts';
import { partsOf } from './parts-of.ts';

export interface AnEnding {
  readonly world: APortal;
  readonly parts: PortalParts;
  readonly officers: readonly [PortalOfficer, PortalOfficer];
  /** Of the organisation that both certificates name. */
  readonly lra: APerson;
  readonly held: Applied;
  readonly revoked: Applied;
  /** Of what is held, in Unix seconds. */
  readonly notAfter: number;
  /** Lets the time pass until so many days before that. */
  readonly until: (days: number) => void;
}

export const day = 86_400;

export async function anEnding(): Promise<AnEnding> {
  const world = await aPortal();
  const officers = await world.officers();
  const lra = await aPerson(world, { role: 'lra', organisation: person.corporateNumber });
  await officers[0].signIn();
  const held = await issued(world, officers);
  const revoked = await issued(world, officers, { mailbox: 'jiro@kakuu-kakuin.example', kanjiName: '架空 次郎' });
  await revoked.visitor.json(`/applications/${revoked.caseId}/revoke`, { reason: 'superseded' }).expect(202);
  await world.work();
  const notAfter = (await world.store.certificates.ofCase(held.caseId))?.notAfter ?? 0;
  const until = (days: number): void => world.clock.pass(notAfter - days * day - world.clock.now());
  return { world, parts: partsOf(world), officers, lra, held, revoked, notAfter, until };
}

/** What the person at that address got about it. */
export const lettersTo = async (world: APortal, mailbox: string, about: string): Promise<readonly string[]> =>
  (await world.letters()).filter(text => text.includes(`To: ${mailbox}`) && text.includes(about));
