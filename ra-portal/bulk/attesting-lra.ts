/** The LRA of an account as the signed roll knows it: only that one attests. */
import { PkiError } from '../../ca-core/errors.ts';
import type { Member, Store } from '../../ca-core/index.ts';
import { foldMailbox } from '../people/accounts.ts';
import type { Person } from '../people/person.ts';

/** Throws approverUnknown where the roll has no such LRA for the organisation. */
export async function attestingLra(ca: Store, person: Pick<Person, 'mailbox' | 'organisation'>): Promise<Member> {
  const members = (await ca.rolls.current())?.roll.members ?? [];
  const own = foldMailbox(person.mailbox);
  const found = members.find(
    ({ role, mailbox, organisations }) =>
      role === 'lra' && foldMailbox(mailbox) === own && organisations?.includes(person.organisation ?? '') === true,
  );
  if (found === undefined) throw new PkiError('approverUnknown');
  return found;
}
