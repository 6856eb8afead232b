import type { PortalParts } from '../parts.ts';
import { memberApplicationOf, type MemberApplication } from '../store/member-applications.ts';
import { findPerson } from '../store/people.ts';
import type { Language } from '../words/language.ts';

/** What the organisation's desk noted, with names for people to read. */
export interface DeskNote extends MemberApplication {
  readonly name: string;
  readonly mailbox: string;
  readonly methodTitle: Readonly<Record<Language, string>>;
}

/** Null for an application that its applicant wrote. */
export async function deskNoteOf(
  { database, policies }: Pick<PortalParts, 'database' | 'policies'>,
  caseId: string,
): Promise<DeskNote | null> {
  const noted = await memberApplicationOf(database, caseId);
  if (noted === null) return null;
  const lra = await findPerson(database, noted.appliedBy);
  const { identityMethod: id } = noted;
  const methodTitle = policies.identity.methods.find(method => method.id === id)?.title ?? { ja: id, en: id };
  return { ...noted, name: lra?.name ?? noted.appliedBy, mailbox: lra?.mailbox ?? '', methodTitle };
}
