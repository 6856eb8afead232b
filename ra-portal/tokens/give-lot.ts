/** Many cases get a token each: "put in token 3 of 120". */
import { randomUUID } from 'node:crypto';
import { PkiError, type PkiErrorCode } from '../../ca-core/errors.ts';
import type { AtWork } from '../officer/at-work.ts';
import { readFollowed } from '../officer/follow-desk.ts';
import type { PortalParts } from '../parts.ts';
import type { Person } from '../people/person.ts';
import { queuePage } from '../store/queue.ts';
import { sizeLot, wantingCases, type WantingCase } from '../store/token-lots.ts';
import { blankTokens } from '../store/usb-tokens.ts';
import { giveToken, type Giving } from './give-token.ts';
import type { TokenAlgorithm } from './token-algorithms.ts';

export const mostInLot = 200;

/** Cases that this officer could give a token: due first. */
export async function casesForTokens(parts: PortalParts, officer: Person): Promise<readonly WantingCase[]> {
  const question = { text: '', profile: '', officer: officer.id, now: parts.clock.now() };
  const profiles = [...parts.policies.profiles.values()].filter(({ deliveries }) => deliveries.includes('token'));
  return readFollowed(parts, async database => {
    const page = { limit: 1_000, offset: 0 };
    const mine = await queuePage(database, { ...question, tab: 'mine' }, page);
    const others = await queuePage(database, { ...question, tab: 'unassigned' }, page);
    const known = new Set(profiles.map(({ name }) => name));
    const fitting = [...mine, ...others].filter(({ profile }) => known.has(profile)).map(({ caseId }) => caseId);
    return (await wantingCases(database, fitting)).slice(0, mostInLot);
  });
}

/** How many blank tokens lie at each station, those of the roll alone. */
export async function blankCounts({
  database,
  ca,
}: PortalParts): Promise<readonly { station: string; name: string; count: number }[]> {
  const blank = await blankTokens(database, 10_000);
  const members = (await ca.rolls.current())?.roll.members ?? [];
  return members
    .filter(({ role }) => role === 'station')
    .map(({ id, name }) => ({ station: id, name, count: blank.filter(({ station }) => station === id).length }));
}

export interface LotWish {
  readonly station: string;
  readonly algorithm: TokenAlgorithm;
  readonly caseIds: readonly string[];
}

export interface GivenLot {
  readonly lot: string;
  readonly given: readonly { readonly caseId: string; readonly serial: string }[];
  /** Held by another officer by now, closed, with a key that cannot be on a token, or left over when no token was. */
  readonly dropped: readonly string[];
}

/** Throws listInvalid {what: count | empty | tokens}: none or too many chosen, none left, or too few tokens. */
export async function giveLot(parts: PortalParts, officer: Person, wish: LotWish): Promise<GivenLot> {
  const { station, algorithm, caseIds } = wish;
  if (caseIds.length === 0 || caseIds.length > mostInLot) throw new PkiError('listInvalid', { what: 'count' });
  const blank = (await blankTokens(parts.database, 10_000)).filter(token => token.station === station);
  if (blank.length < caseIds.length) throw new PkiError('tokensTooFew', { count: blank.length });
  const lot = randomUUID();
  const free = blank.map(({ serial }) => serial);
  const given: { caseId: string; serial: string }[] = [];
  const dropped: string[] = [];
  for (const caseId of caseIds) {
    const place = { lot, number: given.length + 1, size: caseIds.length };
    const serial = await giveFree(parts, { caseId, officer }, { free, algorithm, place });
    if (serial === null) dropped.push(caseId);
    else given.push({ caseId, serial });
  }
  if (given.length === 0) throw new PkiError('listInvalid', { what: 'empty' });
  await sizeLot(parts.database, lot, given.length);
  return { lot, given, dropped };
}

type FreeGiving = Omit<Giving, 'serial'> & {
  /** Serial numbers of tokens that were blank; those that are not any more are taken out. */
  readonly free: string[];
};

/** The token that the case got: the first that nobody else has taken meanwhile. Null where the case gets none. */
async function giveFree(parts: PortalParts, atWork: AtWork, { free, ...giving }: FreeGiving): Promise<string | null> {
  for (let serial = free.shift(); serial !== undefined; serial = free.shift()) {
    try {
      await giveToken(parts, atWork, { ...giving, serial });
      return serial;
    } catch (error) {
      if (!(error instanceof PkiError)) throw error;
      if (goneMeanwhile.has(error.code)) continue;
      free.unshift(serial);
      return null;
    }
  }
  return null;
}

const goneMeanwhile: ReadonlySet<PkiErrorCode> = new Set(['tokenTaken', 'tokenState', 'tokenUnknown']);
