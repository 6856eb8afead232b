/** Tokens for programs: made by a person who has just signed in, shown once, kept as a hash, ended at any time. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { PkiError, type Violation } from '../../ca-core/errors.ts';
import { noteEvent } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import {
  addToken,
  endToken,
  findToken,
  noteTokenUsed,
  ownersOfTokens,
  tokensOf,
  type ApiToken,
  type TokenOwner,
} from '../store/api-tokens.ts';
import { inOneStep, type Database } from '../store/database.ts';
import { accountBehind, officersOf } from './accounts.ts';
import { scopesFor, type Scope } from './api-scopes.ts';
import { hasRole, type Person } from './person.ts';

/** How long a token may live, in days. */
export const tokenDays = { usual: 90, most: 365 } as const;
/** Seconds after signing in within which a token can be made. */
export const freshFor = 600;
/** Seconds between two notes of a token's last use. */
const noteEvery = 60;
const mostTokens = 20;

/** What the page sends. */
export interface TokenWish {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly days: string;
}

export interface MadeToken {
  /** Shown once and never again. */
  readonly token: string;
  readonly id: string;
}

export const isMistakesOfToken = (made: MadeToken | readonly Violation[]): made is readonly Violation[] =>
  Array.isArray(made);

/** Throws notPermitted (no scope is open to this person), signInStale, enrolmentInvalid (too many). */
export async function makeToken(
  { database, clock }: PortalParts,
  { person, signedInAt }: { readonly person: Person; readonly signedInAt: number },
  wish: TokenWish,
): Promise<MadeToken | readonly Violation[]> {
  const at = clock.now();
  if (scopesFor(person).length === 0) throw new PkiError('notPermitted');
  if (at - signedInAt > freshFor) throw new PkiError('signInStale');
  const read = readWish(person, wish);
  if ('mistakes' in read) return read.mistakes;
  const { id, token } = drawToken();
  const owner = ownerOf(person);
  await inOneStep(database, async trx => {
    const open = (await tokensOf(trx, owner)).filter(one => isOpen(one, at));
    if (open.length >= mostTokens) throw new PkiError('enrolmentInvalid');
    const { name, scopes, days } = read;
    const expiresAt = at + days * 86_400;
    await addToken(trx, { id, hash: hashOf(token), ...owner, name, scopes, createdAt: at, expiresAt });
    const event = { at, service: 'ra-portal', action: 'apiToken.made', actor: person.id, subject: person.id };
    await noteEvent(trx, { ...event, details: { token: id, scopes: scopes.join(' '), expiresAt: String(expiresAt) } });
  });
  return { id, token };
}

/** By its owner. Nothing happens where it has ended before, or is somebody else's. */
export async function endOwnToken({ database, clock }: PortalParts, person: Person, id: string): Promise<void> {
  await inOneStep(database, async trx => {
    const token = await findToken(trx, id);
    if (token === null || token.subject !== person.id) return;
    await end(trx, token, { at: clock.now(), by: person.id });
  });
}

/** Anybody's, by an administrator. Nothing happens where it has ended before. */
export async function endTokenBy(
  { database }: Pick<PortalParts, 'database'>,
  id: string,
  ending: { readonly at: number; readonly by: string },
): Promise<void> {
  await inOneStep(database, async trx => {
    const token = await findToken(trx, id);
    if (token !== null) await end(trx, token, ending);
  });
}

/** All of one account: with its suspension, and with every change of its roles. */
export async function endTokensOf(
  trx: Database,
  owner: TokenOwner,
  ending: { readonly at: number; readonly by: string },
): Promise<void> {
  for (const token of await tokensOf(trx, owner)) await end(trx, token, ending);
}

/** Who left the roll of officers leaves no token behind that could count again. */
export async function endTokensOfFormerOfficers({ database, ca, clock }: PortalParts): Promise<void> {
  const owners = await ownersOfTokens(database, 'officer');
  if (owners.length === 0) return;
  const officers = (await officersOf(ca)).map(({ id }) => id);
  for (const subject of owners.filter(id => !officers.includes(id))) {
    const ending = { at: clock.now(), by: 'ra-portal' };
    await inOneStep(database, trx => endTokensOf(trx, { kind: 'officer', subject }, ending));
  }
}

export interface TokenBearer {
  readonly person: Person;
  readonly scopes: readonly Scope[];
  readonly tokenId: string;
}

/** Null for whatever opens nothing: unknown, wrong, expired, ended, or of an account that is shut. */
export async function bearerOf(parts: PortalParts, presented: string): Promise<TokenBearer | null> {
  const { database, clock } = parts;
  const id = /^kakuin_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/.exec(presented)?.[1] ?? '';
  const token = await findToken(database, id);
  const isRight = isSameHash(hashOf(presented), token?.hash ?? nobodysHash);
  const now = clock.now();
  if (token === null || !isRight || !isOpen(token, now)) return null;
  const person = await accountBehind(parts, { ...token, means: 'token' });
  if (person === null) return null;
  if (token.lastUsedAt === null || now - token.lastUsedAt >= noteEvery) await noteTokenUsed(database, id, now);
  return { person, tokenId: id, scopes: scopesFor(person).filter(scope => token.scopes.includes(scope)) };
}

export const isOpen = ({ endedAt, expiresAt }: Pick<ApiToken, 'endedAt' | 'expiresAt'>, now: number): boolean =>
  endedAt === null && now < expiresAt;

export const ownerOf = (person: Person): TokenOwner => ({
  kind: hasRole(person, 'officer') ? 'officer' : 'person',
  subject: person.id,
});

/** 256 random bits behind an id that finds the row. */
export function drawToken(): MadeToken {
  const id = randomBytes(8).toString('hex');
  return { id, token: `kakuin_${id}_${randomBytes(32).toString('base64url')}` };
}

export const hashOf = (token: string): string => createHash('sha256').update(token, 'utf8').digest('hex');

const nobodysHash = '00'.repeat(32);
const isSameHash = (one: string, other: string): boolean =>
  timingSafeEqual(Buffer.from(one, 'hex'), Buffer.from(other, 'hex'));

type ReadWish =
  | { readonly name: string; readonly scopes: readonly Scope[]; readonly days: number }
  | { readonly mistakes: readonly Violation[] };

const plain = /^[^\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]{1,64}$/u;

function readWish(person: Person, wish: TokenWish): ReadWish {
  const name = wish.name.trim();
  const scopes = scopesFor(person).filter(scope => wish.scopes.includes(scope));
  const days = wish.days === '' ? tokenDays.usual : Number(wish.days.normalize('NFKC'));
  const mistakes: Violation[] = [];
  if (!plain.test(name)) mistakes.push({ field: 'tokenName', rule: name === '' ? 'fieldMissing' : 'fieldInvalid' });
  if (scopes.length === 0 || scopes.length !== new Set(wish.scopes).size) {
    mistakes.push({ field: 'scopes', rule: wish.scopes.length === 0 ? 'fieldMissing' : 'fieldInvalid' });
  }
  if (!Number.isInteger(days) || days < 1 || days > tokenDays.most) {
    mistakes.push({ field: 'days', rule: 'fieldInvalid' });
  }
  return mistakes.length > 0 ? { mistakes } : { name, scopes, days };
}

async function end(
  trx: Database,
  token: ApiToken,
  { at, by }: { readonly at: number; readonly by: string },
): Promise<void> {
  if (!(await endToken(trx, token.id, at))) return;
  const event = { at, service: 'ra-portal', action: 'apiToken.ended', actor: by, subject: token.subject };
  await noteEvent(trx, { ...event, details: { token: token.id } });
}
