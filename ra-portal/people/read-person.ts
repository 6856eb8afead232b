import { PkiError, type Violation } from '../../ca-core/errors.ts';
import { checkCorporateNumber } from '../../ca-core/index.ts';
import { roleChangeKinds, type RoleChangeKind } from '../store/role-changes.ts';
import { foldMailbox } from './accounts.ts';
import { givenRoles, type GivenRole } from './roles.ts';

/** Somebody new and the role they are to have. */
export interface NewPerson {
  readonly name: string;
  /** Folded. */
  readonly mailbox: string;
  /** Corporate Number; an LRA has one and nobody else. */
  readonly organisation: string | null;
  readonly role: GivenRole;
}

export interface RoleWish {
  readonly personId: string;
  readonly change: RoleChangeKind;
  readonly role: GivenRole | null;
}

type Typed = Readonly<Record<string, unknown>>;

/** No character that draws nothing or turns others round: people compare these by eye. */
const plain = /^[^\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]{1,255}$/u;
const mailboxForm = /^[^\s@]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)+$/;

/** What was typed, or every mistake at once, by field. */
export function readPerson(typed: Typed): NewPerson | readonly Violation[] {
  const name = textOf(typed, 'name');
  const mailbox = foldMailbox(textOf(typed, 'mailbox'));
  const role = givenRoles.find(known => known === typed['role']);
  const organisation = role === 'lra' ? readNumber(textOf(typed, 'organisation')) : null;
  const mistakes: Violation[] = [];
  if (!plain.test(name)) mistakes.push({ field: 'name', rule: name === '' ? 'fieldMissing' : 'fieldInvalid' });
  if (!plain.test(mailbox) || !mailboxForm.test(mailbox)) mistakes.push({ field: 'mailbox', rule: 'mailboxInvalid' });
  if (role === undefined) mistakes.push({ field: 'role', rule: 'fieldMissing' });
  if (isMistake(organisation)) mistakes.push(organisation);
  if (mistakes.length > 0 || role === undefined || isMistake(organisation)) return mistakes;
  return { name, mailbox, role, organisation };
}

/** Throws fieldInvalid. */
export function readWish(personId: string, typed: Typed): RoleWish {
  const change = roleChangeKinds.find(known => known === typed['change']);
  const role = givenRoles.find(known => known === typed['role']) ?? null;
  if (change === undefined) throw new PkiError('fieldInvalid', { field: 'change' });
  const hasRole = change === 'grant' || change === 'withdraw';
  if (hasRole && role === null) throw new PkiError('fieldInvalid', { field: 'role' });
  return { personId, change, role: hasRole ? role : null };
}

export const isMistakesOfPerson = (read: NewPerson | readonly Violation[]): read is readonly Violation[] =>
  Array.isArray(read);

function readNumber(typed: string): string | Violation {
  if (typed === '') return { field: 'organisation', rule: 'fieldMissing' };
  try {
    return checkCorporateNumber(typed);
  } catch (error) {
    if (error instanceof PkiError) return { field: 'organisation', rule: error.code };
    throw error;
  }
}

const isMistake = (read: string | Violation | null): read is Violation => typeof read === 'object' && read !== null;

function textOf(typed: Typed, field: string): string {
  const value = typed[field];
  return typeof value === 'string' ? value.trim() : '';
}
