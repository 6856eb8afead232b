/** What the page of a token shows, and of the inventory. */
import { reasonsOfAct, tokenStates, type CertificateStatus, type RevocationReason } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import { hasRole, type Person } from '../people/person.ts';
import { findPerson } from '../store/people.ts';
import { lastJobOf, type StandingJob } from '../store/token-jobs.ts';
import { tokenEventsOf, type TokenEvent } from '../store/token-events.ts';
import { countUsbTokens, findUsbTokens, type TokenQuestion, type UsbToken } from '../store/usb-tokens.ts';
import { actsIn, knownToken, lrasActs, type PeoplesAct } from './known-token.ts';
import { jobStateOf, type TokenJobState } from './token-job.ts';

export interface TokenView {
  readonly token: UsbToken;
  readonly job: ShownJob | null;
  readonly events: readonly TokenEvent[];
  readonly status: CertificateStatus | null;
  /** What this person may do with it now, and why its certificate would be revoked. */
  readonly acts: readonly { readonly act: PeoplesAct; readonly reasons: readonly RevocationReason[] }[];
  /** What this person may hand over now. */
  readonly handing: readonly ('letter' | 'token')[];
  /** Whose name is known here. */
  readonly names: ReadonlyMap<string, string>;
}

/** Of a job, what everybody who sees the token may know: the case behind it is the officers'. */
export interface ShownJob extends Pick<StandingJob, 'number' | 'size' | 'reason' | 'letterMadeAt'> {
  readonly standing: TokenJobState;
}

/** Throws tokenUnknown. */
export async function tokenView(parts: PortalParts, person: Person, serial: string): Promise<TokenView> {
  const { database, ca, policies } = parts;
  const token = await knownToken(database, person, serial);
  const job = await lastJobOf(database, serial);
  const { certificate } = token;
  const status = certificate && (await ca.status.of(certificate.issuer, certificate.serialNumber));
  const events = await tokenEventsOf(database, serial);
  return {
    token,
    job: job && shownJob(job),
    events: isOfDesk(person) ? events.map(event => withoutNote(event, person)) : events,
    status: status ?? null,
    acts: actsOf(parts, person, token).map(act => ({ act, reasons: reasonsOfAct(policies.tokens, act) })),
    handing: handingOf(person, token, job),
    names: await namesFor(parts, person, [...events.map(({ actor }) => actor), ...handedBy(token)]),
  };
}

function shownJob(job: StandingJob): ShownJob {
  const { number, size, reason, letterMadeAt } = job;
  return { number, size, reason, letterMadeAt, standing: jobStateOf(job) };
}

const isOfDesk = (person: Person): boolean => !hasRole(person, 'officer') && !hasRole(person, 'auditor');

const handedBy = ({ letter, handed }: UsbToken): readonly string[] =>
  [letter, handed].flatMap(one => (one === null ? [] : [one.by]));

/** What officers note is for officers. */
function withoutNote(event: TokenEvent, { id }: Person): TokenEvent {
  const { note, ...details } = event.details;
  return note === undefined || event.actor === id ? event : { ...event, details };
}

/** By id; an organisation's desk is told of officers only that they are. */
async function namesFor(
  { database, ca }: PortalParts,
  person: Person,
  actors: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const members = (await ca.rolls.current())?.roll.members ?? [];
  const told = members.filter(({ role }) => role === 'station' || !isOfDesk(person));
  const names = new Map([...told.map(({ id, name }) => [id, name] as const), [person.id, person.name]]);
  for (const actor of new Set(actors)) {
    const known = names.has(actor) ? null : await findPerson(database, actor);
    if (known !== null) names.set(actor, known.name);
  }
  return names;
}

/** What was asked of the certificate before is not asked again. */
function actsOf(parts: PortalParts, person: Person, token: UsbToken): readonly PeoplesAct[] {
  const acts = actsIn(parts, token).filter(act => act !== 'release' || token.awaits === null);
  if (hasRole(person, 'officer')) return acts;
  return hasRole(person, 'lra') ? acts.filter(act => lrasActs.includes(act)) : [];
}

function handingOf(person: Person, token: UsbToken, job: StandingJob | null): readonly ('letter' | 'token')[] {
  const { state, letter, handed } = token;
  if (state !== 'active' || !(hasRole(person, 'officer') || hasRole(person, 'lra'))) return [];
  const mayLetter = letter === null && handed?.by !== person.id && job?.letterMadeAt != null;
  const mayToken = handed === null && letter?.by !== person.id;
  return [...(mayLetter ? (['letter'] as const) : []), ...(mayToken ? (['token'] as const) : [])];
}

/** What the address of the inventory says. */
export interface TokenSearch {
  readonly text: string;
  /** Or `awaiting`: those whose certificate waits for something. */
  readonly tab: string;
  /** From 1. */
  readonly page: number;
}

export const tokensOnPage = 50;

export function readTokenSearch(query: Readonly<Record<string, unknown>>): TokenSearch {
  const textOf = (name: string): string => {
    const value = query[name];
    return typeof value === 'string' ? value.trim().slice(0, 64) : '';
  };
  const page = Number(textOf('page'));
  const tab = ['awaiting', ...tokenStates].find(name => name === query['tab']) ?? 'all';
  return { text: textOf('text'), tab, page: Number.isSafeInteger(page) && page > 0 ? Math.min(page, 10_000) : 1 };
}

/** The inventory's address of a search; what is usual is left out. */
export function addressOfTokens({ text, tab, page }: TokenSearch): string {
  const query = new URLSearchParams({
    ...(tab === 'all' ? {} : { tab }),
    ...(text === '' ? {} : { text }),
    ...(page === 1 ? {} : { page: String(page) }),
  });
  return query.size === 0 ? '/tokens' : `/tokens?${query.toString()}`;
}

export interface Inventory {
  readonly tokens: readonly UsbToken[];
  readonly counts: Readonly<Record<string, number>>;
  readonly pages: number;
}

export async function inventoryOf(
  { database }: PortalParts,
  person: Person,
  { text, tab, page }: TokenSearch,
): Promise<Inventory> {
  const all: TokenQuestion = { text, corporateNumber: person.organisation };
  const state = tokenStates.find(name => name === tab);
  const question = { ...all, state, awaiting: tab === 'awaiting' ? ('only' as const) : undefined };
  const of = await countUsbTokens(database, all);
  const waiting = await countUsbTokens(database, { ...all, awaiting: 'only' });
  const counts: Record<string, number> = { ...of, all: sumOf(of), awaiting: sumOf(waiting) };
  const place = { limit: tokensOnPage, offset: (page - 1) * tokensOnPage };
  return {
    tokens: await findUsbTokens(database, question, place),
    counts,
    pages: Math.max(1, Math.ceil((counts[tab] ?? 0) / tokensOnPage)),
  };
}

const sumOf = (counts: Readonly<Partial<Record<string, number>>>): number =>
  Object.values(counts).reduce<number>((sum, count = 0) => sum + count, 0);
