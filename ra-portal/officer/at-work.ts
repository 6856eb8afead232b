import type { Person } from '../people/person.ts';

/** Which case, and which officer is at work on it. */
export interface AtWork {
  readonly caseId: string;
  readonly officer: Person;
}

/** Nobody reviews their own application: the mailbox tells. */
export function isOwn({ claim }: { readonly claim: { readonly mailbox: string } }, officer: Person): boolean {
  const fold = (mailbox: string): string => mailbox.trim().normalize('NFKC').toLowerCase();
  return fold(claim.mailbox) === fold(officer.mailbox);
}
