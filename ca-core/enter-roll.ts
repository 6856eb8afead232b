/** How a confirmed person comes onto the roll: as a founder, by recovery, or by two officers' signatures (design §1). */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { digestOf, encodeDocument, type Member, type RollDocument } from './approvals/documents.ts';
import type { Clock } from './clock.ts';
import { PkiError } from './errors.ts';
import { anchoredRoll } from './follow-roll.ts';
import type { Anchors } from './home/home.ts';
import type { InvitationSecret } from './home/invitations.ts';
import type { Store } from './store/store.ts';

/** Where the console works. */
export interface Console {
  readonly store: Store;
  readonly anchors: Anchors;
  readonly clock: Clock;
  /** Seconds that a one-time link lives. */
  readonly invitationLifetime: number;
}

export type Confirmation =
  | { readonly outcome: 'waitingForSecondFounder' }
  | { readonly outcome: 'rollWritten'; readonly number: number }
  | { readonly outcome: 'awaitingOfficers'; readonly digest: string };

/** How many officers the first roll has (design §1). */
export const founders = 2;

/** Two officers are two people: no mailbox and no authenticator stands twice. */
export function checkUnused(console: Console, member: Member): void {
  const roll = anchoredRoll(console.anchors)?.roll.members ?? foundersSoFar(console);
  const others = roll.filter(other => other.id !== member.id);
  const keys = new Set(member.credentials.map(({ publicKey }) => publicKey));
  const isShared = others.some(
    other =>
      other.mailbox.toLowerCase() === member.mailbox.toLowerCase() ||
      other.credentials.some(({ publicKey }) => keys.has(publicKey)),
  );
  if (isShared) throw new PkiError('enrolmentInvalid', { reason: 'mailbox or authenticator of another member' });
}

export async function enter(console: Console, member: Member, kept: InvitationSecret): Promise<Confirmation> {
  const current = anchoredRoll(console.anchors);
  if (current === undefined) return enterFounder(console, member);
  const others = current.roll.members.filter(({ id }) => id !== member.id);
  const next = {
    ...current.roll,
    number: current.roll.number + 1,
    previous: current.digest,
    members: [...others, member],
  };
  if (kept.purpose === 'recovery') return anchorRoll(console, next);
  const digest = await console.store.documents.put(next, console.clock.now());
  return { outcome: 'awaitingOfficers', digest };
}

async function enterFounder(console: Console, member: Member): Promise<Confirmation> {
  const number = (console.anchors.founders.newest()?.number ?? 0) + 1;
  await console.anchors.founders.add(number, canonicalize(member) ?? '');
  const members = foundersSoFar(console);
  if (members.length < founders) return { outcome: 'waitingForSecondFounder' };
  const ca = (await console.store.issuers.list()).find(issuer => issuer.role === 'issuing')?.id;
  if (ca === undefined) throw new PkiError('notInitialised');
  return anchorRoll(console, { kind: 'roll', version: 1, ca, number: 1, previous: null, members });
}

function foundersSoFar({ anchors }: Console): Member[] {
  const count = anchors.founders.newest()?.number ?? 0;
  return Array.from({ length: count }, (_, index) => JSON.parse(anchors.founders.find(index + 1) ?? '') as Member);
}

/** The home first: it is what the CA core believes. */
async function anchorRoll(console: Console, roll: RollDocument): Promise<Confirmation> {
  const text = encodeDocument(roll);
  await console.anchors.rolls.add(roll.number, { text, authorisedBy: 'console' });
  const at = console.clock.now();
  await console.store.rolls.add({ number: roll.number, digest: digestOf(text), text, authorisedBy: 'console', at });
  await note(console, 'roll.anchored', String(roll.number), {
    digest: createHash('sha256').update(text).digest('hex'),
  });
  return { outcome: 'rollWritten', number: roll.number };
}

export async function note(
  console: Console,
  action: string,
  subject: string,
  details: Record<string, string>,
): Promise<void> {
  await console.store.audit.note({
    at: console.clock.now(),
    service: 'console',
    action,
    actor: 'operator',
    subject,
    details,
  });
}
