/**
 * What an operator does at the CA core's own terminal: inviting officers, confirming their fingerprints, mending a lost
 * authenticator. It works beside a running CA core: it shares only files that are written once.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { verifyEnrolmentMac, fingerprintOf } from './approvals/enrolment-mac.ts';
import type { Credential, Member } from './approvals/documents.ts';
import type { UnixTime } from './clock.ts';
import { checkUnused, enter, founders, note, type Confirmation, type Terminal } from './enter-roll.ts';
import { PkiError } from './errors.ts';
import { anchoredRoll } from './follow-roll.ts';
import type { InvitationSecret } from './home/invitations.ts';
import { operatorOf } from './home/operators.ts';
import { drawPairingCode } from './pairing-code.ts';
import type { Enrolment, Invitation } from './store/enrolments.ts';

export type { Confirmation, Terminal };

/** A one-time link's two halves: the id for its path, the secret (hex) for its fragment. */
export interface OneTimeLink {
  readonly invitationId: string;
  readonly memberId: string;
  readonly secret: string;
  readonly expiresAt: UnixTime;
}

/** What somebody types at an issuing station, once. */
export interface PairingInvitation {
  readonly invitationId: string;
  readonly memberId: string;
  readonly code: string;
  readonly expiresAt: UnixTime;
}

/** What a person at the console compares and confirms. */
export interface PendingEnrolment {
  readonly invitationId: string;
  readonly memberId: string;
  readonly purpose: InvitationSecret['purpose'];
  readonly name: string;
  readonly mailbox: string;
  readonly credentials: readonly { readonly use: Credential['use']; readonly fingerprint: string }[];
  /** What is missing before it can be confirmed: `approve`, `signIn`. */
  readonly missing: readonly Credential['use'][];
  /** Registrations whose MAC is not the link's: somebody else's, left out. */
  readonly foreign: number;
}

/**
 * Opens a one-time link. Before the first roll it is for a founder, afterwards for a new member, or for one whose entry
 * shall be made anew. `organisations` (Corporate Numbers) are an LRA's own, whose people it may attest.
 */
export async function invite(
  terminal: Terminal,
  memberId: string,
  role: Member['role'],
  organisations: readonly string[] = [],
): Promise<OneTimeLink> {
  const purpose = anchoredRoll(terminal.anchors) === undefined ? 'founder' : 'newMember';
  return openLink(terminal, { memberId, role, purpose, organisations, operators: [] });
}

/** Opens the way for an issuing station: a code for its program instead of a link for a browser. Throws notInitialised before the first roll. */
export async function inviteStation(terminal: Terminal, memberId: string): Promise<PairingInvitation> {
  if (anchoredRoll(terminal.anchors) === undefined) throw new PkiError('notInitialised');
  const { code, ...drawn } = drawPairingCode();
  const plan = { memberId, role: 'station', purpose: 'newMember', organisations: [], operators: [] } as const;
  const { invitationId, expiresAt } = await openLink(terminal, plan, drawn);
  return { invitationId, memberId, code, expiresAt };
}

/** The links of the founders that are not confirmed yet; missing ones are opened. For `npm start`. */
export async function founderLinks(terminal: Terminal): Promise<readonly OneTimeLink[]> {
  if (anchoredRoll(terminal.anchors) !== undefined) return [];
  const open = await openInvitations(terminal);
  const links = open
    .filter(({ kept }) => kept.purpose === 'founder')
    .map(({ invitation, kept }) => linkOf(invitation, kept.secret));
  const confirmed = terminal.anchors.founders.newest()?.number ?? 0;
  for (let number = confirmed + links.length + 1; number <= founders; number++) {
    links.push(await invite(terminal, `officer-${randomUUID().slice(0, 8)}`, 'officer'));
  }
  return links;
}

/** Two different operators open a link for a member who lost every authenticator. Throws notPermitted, approverUnknown. */
export async function recover(
  terminal: Terminal,
  memberId: string,
  secrets: readonly [string, string],
): Promise<OneTimeLink> {
  const names = [
    await operatorOf(terminal.anchors.operators, secrets[0]),
    await operatorOf(terminal.anchors.operators, secrets[1]),
  ];
  const [one, other] = names;
  if (one === undefined || other === undefined || one === other)
    throw new PkiError('notPermitted', { what: 'two operators' });
  const member = anchoredRoll(terminal.anchors)?.roll.members.find(({ id }) => id === memberId);
  if (member === undefined) throw new PkiError('approverUnknown', { member: memberId });
  await note(terminal, 'roll.recoveryOpened', memberId, { operators: `${one} ${other}` });
  const { role, organisations = [] } = member;
  return openLink(terminal, { memberId, role, purpose: 'recovery', organisations, operators: [one, other] });
}

export async function pendingEnrolments(terminal: Terminal): Promise<readonly PendingEnrolment[]> {
  const open = await openInvitations(terminal);
  const all = await Promise.all(open.map(({ invitation, kept }) => pendingOf(terminal, invitation, kept)));
  return all.filter(pending => pending.credentials.length > 0);
}

/**
 * The operator compared the fingerprints with the person's own screen: their credentials go onto the roll, at once for
 * founders and recoveries, after two officers' signatures for new members. Throws invitationUnknown, enrolmentInvalid.
 */
export async function confirmEnrolment(terminal: Terminal, invitationId: string): Promise<Confirmation> {
  const found = (await openInvitations(terminal)).find(({ invitation }) => invitation.id === invitationId);
  if (found === undefined) throw new PkiError('invitationUnknown');
  const { invitation, kept } = found;
  const { own } = await enrolmentsOf(terminal, invitation, kept);
  const member = memberOf(invitation, own, kept.organisations);
  checkUnused(terminal, member);
  const confirmation = await enter(terminal, member, kept);
  await terminal.store.enrolments.close(invitationId, terminal.clock.now());
  await terminal.anchors.invitations.forget(invitationId);
  await note(terminal, 'enrolment.confirmed', member.id, { purpose: kept.purpose, outcome: confirmation.outcome });
  return confirmation;
}

interface LinkPlan {
  readonly memberId: string;
  readonly role: Member['role'];
  readonly purpose: InvitationSecret['purpose'];
  readonly organisations: readonly string[];
  readonly operators: readonly string[];
}

type DrawnLink = Pick<InvitationSecret, 'secret'> & { readonly invitationId: string };

const drawLink = (): DrawnLink => ({ invitationId: randomUUID(), secret: randomBytes(32) });

async function openLink(terminal: Terminal, plan: LinkPlan, drawn = drawLink()): Promise<OneTimeLink> {
  const { memberId, role, purpose } = plan;
  const at = terminal.clock.now();
  const expiresAt = at + terminal.invitationLifetime;
  const { invitationId: id, secret } = drawn;
  await terminal.anchors.invitations.put(id, { ...plan, secret, expiresAt });
  const invitation = { id, memberId, role, expiresAt };
  await terminal.store.enrolments.invite({ ...invitation, at });
  await note(terminal, 'link.opened', memberId, { purpose, invitation: id });
  return linkOf(invitation, secret);
}

async function openInvitations(terminal: Terminal) {
  const now = terminal.clock.now();
  const open = (await terminal.store.enrolments.invitations()).filter(one => one.closedAt === null);
  return open.flatMap(({ id }) => {
    const kept = terminal.anchors.invitations.find(id);
    if (kept === undefined || kept.expiresAt < now) return [];
    const { memberId, role, expiresAt } = kept;
    return [{ invitation: { id, memberId, role, expiresAt }, kept }];
  });
}

type OpenInvitation = Omit<Invitation, 'closedAt'>;

const linkOf = (invitation: OpenInvitation, secret: Uint8Array): OneTimeLink => ({
  invitationId: invitation.id,
  memberId: invitation.memberId,
  secret: Buffer.from(secret).toString('hex'),
  expiresAt: invitation.expiresAt,
});

/** Only registrations whose MAC was made with the link's secret count; the database alone can add none. */
async function enrolmentsOf(terminal: Terminal, invitation: OpenInvitation, { secret }: InvitationSecret) {
  const all = await terminal.store.enrolments.of(invitation.id);
  const own = all.filter(enrolment => verifyEnrolmentMac(secret, enrolment, enrolment.mac));
  return { own, foreign: all.length - own.length };
}

async function pendingOf(
  terminal: Terminal,
  invitation: OpenInvitation,
  kept: InvitationSecret,
): Promise<PendingEnrolment> {
  const { own, foreign } = await enrolmentsOf(terminal, invitation, kept);
  return {
    invitationId: invitation.id,
    memberId: invitation.memberId,
    purpose: kept.purpose,
    name: own[0]?.name ?? '',
    mailbox: own[0]?.mailbox ?? '',
    credentials: own.map(({ use, publicKey }) => ({ use, fingerprint: fingerprintOf(publicKey) })),
    missing: passkeysOf[invitation.role].filter(use => !own.some(enrolment => enrolment.use === use)),
    foreign,
  };
}

/** An LRA signs in to the portal with an account of its own; a station has one key, which is no passkey. */
const passkeysOf: Readonly<Record<Member['role'], readonly Credential['use'][]>> = {
  officer: ['approve', 'signIn'],
  lra: ['approve'],
  station: ['signIn'],
};

function memberOf(invitation: OpenInvitation, own: readonly Enrolment[], organisations: readonly string[]): Member {
  const [first] = own;
  const isComplete = passkeysOf[invitation.role].every(use => own.some(enrolment => enrolment.use === use));
  if (first === undefined || !isComplete)
    throw new PkiError('enrolmentInvalid', { reason: 'authenticators are missing' });
  if (invitation.role === 'station' && own.length > 1)
    throw new PkiError('enrolmentInvalid', { reason: 'a station has one key' });
  const isOnePerson = own.every(({ name, mailbox }) => name === first.name && mailbox === first.mailbox);
  if (!isOnePerson) throw new PkiError('enrolmentInvalid', { reason: 'different names or mailboxes' });
  const credentials = own.map(({ use, credentialId, publicKey }) => ({ use, id: credentialId, publicKey }));
  const { memberId: id, role } = invitation;
  const spokenFor = organisations.length === 0 ? {} : { organisations: [...organisations] };
  return { id, role, name: first.name, mailbox: first.mailbox, credentials, ...spokenFor };
}
