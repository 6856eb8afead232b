/** Everything that lets somebody in: roles, places on the signed roll, and tokens of programs. */
import type { PortalParts } from '../parts.ts';
import { lastSignIns } from '../store/access-reviews.ts';
import { openTokens } from '../store/api-tokens.ts';
import { allPeople } from '../store/people.ts';
import { waitingRoleChanges } from '../store/role-changes.ts';

export interface AccessLine {
  /** `person <id> <role>`, `member <id>` or `token <id>`. */
  readonly account: string;
  readonly kind: 'person' | 'member' | 'token';
  /** Id in people, member id on the roll, or id of the token. */
  readonly id: string;
  /** Whose it is: id in people, or member id. */
  readonly owner: string;
  readonly name: string;
  readonly mailbox: string;
  /** A role, or the scopes of a token. */
  readonly right: string;
  readonly organisation: string;
  readonly since: number | null;
  /** Signed in, or used; null where never, or where there is nothing to sign in with. */
  readonly lastSeen: number | null;
  readonly isSuspended: boolean;
  /** A change that takes the right away waits for its second person. */
  readonly isLeaving: boolean;
}

export async function accessLines(parts: PortalParts): Promise<readonly AccessLine[]> {
  const seen = await lastSignIns(parts.database);
  const [people, members] = [await personLines(parts, seen), await memberLines(parts, seen)];
  const names = new Map([...people, ...members].map(({ owner, name, mailbox }) => [owner, { name, mailbox }]));
  return [...people, ...members, ...(await tokenLines(parts, names))];
}

async function personLines(
  { database }: PortalParts,
  seen: ReadonlyMap<string, number>,
): Promise<readonly AccessLine[]> {
  const leaving = (await waitingRoleChanges(database)).filter(({ change }) => change === 'withdraw');
  return (await allPeople(database)).flatMap(one =>
    one.roles.map(role => ({
      account: `person ${one.id} ${role}`,
      kind: 'person' as const,
      id: one.id,
      owner: one.id,
      name: one.name,
      mailbox: one.mailbox,
      right: role,
      organisation: one.organisation ?? '',
      since: one.createdAt,
      lastSeen: seen.get(`person ${one.id}`) ?? null,
      isSuspended: one.suspendedAt !== null,
      isLeaving: leaving.some(change => change.personId === one.id && change.role === role),
    })),
  );
}

/** Officers, LRAs who attest, and stations: the roll changes by two officers, or at the console. */
async function memberLines({ ca }: PortalParts, seen: ReadonlyMap<string, number>): Promise<readonly AccessLine[]> {
  const members = (await ca.rolls.current())?.roll.members ?? [];
  return members.map(({ id, role, name, mailbox, organisations }) => ({
    account: `member ${id}`,
    kind: 'member',
    id,
    owner: id,
    name,
    mailbox,
    right: role,
    organisation: organisations?.join(', ') ?? '',
    since: null,
    lastSeen: seen.get(`officer ${id}`) ?? null,
    isSuspended: false,
    isLeaving: false,
  }));
}

type Names = ReadonlyMap<string, Pick<AccessLine, 'name' | 'mailbox'>>;

async function tokenLines({ database, clock }: PortalParts, names: Names): Promise<readonly AccessLine[]> {
  const tokens = await openTokens(database, clock.now());
  return tokens.map(token => ({
    account: `token ${token.id}`,
    kind: 'token',
    id: token.id,
    owner: token.subject,
    name: `${names.get(token.subject)?.name ?? token.subject} – ${token.name}`,
    mailbox: names.get(token.subject)?.mailbox ?? '',
    right: token.scopes.join(' '),
    organisation: '',
    since: token.createdAt,
    lastSeen: token.lastUsedAt,
    isSuspended: false,
    isLeaving: false,
  }));
}
