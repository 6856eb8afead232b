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
export interface Terminal {
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
export function checkUnused(terminal: Terminal, member: Member): void {
  const roll = anchoredRoll(terminal.anchors)?.roll.members ?? foundersSoFar(terminal);
  const others = roll.filter(other => other.id !== member.id);
  const keys = new Set(member.credentials.map(({ publicKey }) => publicKey));
  const isShared = others.some(
    other =>
      other.mailbox.toLowerCase() === member.mailbox.toLowerCase() ||
      other.credentials.some(({ publicKey }) => keys.has(publicKey)),
  );
  if (isShared) throw new PkiError('enrolmentInvalid', { reason: 'mailbox or authenticator of another member' });
}

export async function enter(terminal: Terminal, member: Member, kept: InvitationSecret): Promise<Confirmation> {
  const current = anchoredRoll(terminal.anchors);
  if (current === undefined) return enterFounder(terminal, member);
  const others = current.roll.members.filter(({ id }) => id !== member.id);
  const next = {
    ...current.roll,
    number: current.roll.number + 1,
    previous: current.digest,
    members: [...others, member],
  };
  if (kept.purpose === 'recovery') return anchorRoll(terminal, next);
  const digest = await terminal.store.documents.put(next, terminal.clock.now());
  return { outcome: 'awaitingOfficers', digest };
}

async function enterFounder(terminal: Terminal, member: Member): Promise<Confirmation> {
  const before = foundersSoFar(terminal);
  // After a crash the same person may be confirmed again.
  const isKnown = before.some(({ id }) => id === member.id);
  if (!isKnown) await terminal.anchors.founders.add(before.length + 1, canonicalize(member) ?? '');
  const members = foundersSoFar(terminal);
  if (members.length < founders) return { outcome: 'waitingForSecondFounder' };
  const ca = (await terminal.store.issuers.list()).find(issuer => issuer.role === 'issuing')?.id;
  if (ca === undefined) throw new PkiError('notInitialised');
  return anchorRoll(terminal, { kind: 'roll', version: 1, ca, number: 1, previous: null, members });
}

function foundersSoFar({ anchors }: Terminal): Member[] {
  const count = anchors.founders.newest()?.number ?? 0;
  return Array.from({ length: count }, (_, index) => JSON.parse(anchors.founders.find(index + 1) ?? '') as Member);
}

/** The home first: it is what the CA core believes. */
async function anchorRoll(terminal: Terminal, roll: RollDocument): Promise<Confirmation> {
  const text = encodeDocument(roll);
  await terminal.anchors.rolls.add(roll.number, { text, authorisedBy: 'console' });
  const at = terminal.clock.now();
  await terminal.store.rolls.add({ number: roll.number, digest: digestOf(text), text, authorisedBy: 'console', at });
  await note(terminal, 'roll.anchored', String(roll.number), {
    digest: createHash('sha256').update(text).digest('hex'),
  });
  return { outcome: 'rollWritten', number: roll.number };
}

export async function note(
  terminal: Terminal,
  action: string,
  subject: string,
  details: Record<string, string>,
): Promise<void> {
  await terminal.store.audit.note({
    at: terminal.clock.now(),
    service: 'console',
    action,
    actor: 'operator',
    subject,
    details,
  });
}
