import { openStore, signaturesNeeded, type AwaitingDocument } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import type { Person } from '../people/person.ts';
import type { Database } from '../store/database.ts';
import {
  queueCounts,
  queuePage,
  queueTabs,
  type QueuedCase,
  type QueueQuestion,
  type QueueTab,
} from '../store/queue.ts';
import { readFollowed } from './follow-desk.ts';
import { foldForSearch } from './fold-search.ts';
import { workingTimeBetween } from './working-time.ts';

export interface QueueLine extends QueuedCase {
  /** Seconds of working time until it is due, negative when overdue; null where nobody waits for an officer. */
  readonly left: number | null;
  readonly isWaiting: boolean;
  /** Who has it in hand, by name. */
  readonly holder: string | null;
}

/** What a queue's address says. */
export interface QueueSearch {
  readonly tab: QueueTab;
  /** As it was typed. */
  readonly text: string;
  readonly profile: string;
  /** From 1. */
  readonly page: number;
}

export interface Queue {
  readonly lines: readonly QueueLine[];
  readonly counts: Readonly<Record<QueueTab, number>>;
  readonly pages: number;
  readonly needed: number;
}

export const linesOnPage = 40;

export function readSearch(query: Readonly<Record<string, unknown>>): QueueSearch {
  const textOf = (name: string): string => {
    const value = query[name];
    return typeof value === 'string' ? value.trim().slice(0, 64) : '';
  };
  const page = Number(textOf('page'));
  return {
    tab: queueTabs.find(tab => tab === query['tab']) ?? 'unassigned',
    text: textOf('text'),
    profile: textOf('profile'),
    page: Number.isSafeInteger(page) && page > 0 ? Math.min(page, 10_000) : 1,
  };
}

/** The queue's address of a search; what is usual is left out. */
export function addressOf({ tab, text, profile, page }: QueueSearch): string {
  const query = new URLSearchParams({
    tab,
    ...(text === '' ? {} : { text }),
    ...(profile === '' ? {} : { profile }),
    ...(page === 1 ? {} : { page: String(page) }),
  });
  return `/officer?${query.toString()}`;
}

export function queueOf(parts: PortalParts, search: QueueSearch, { id }: Person): Promise<Queue> {
  const now = parts.clock.now();
  const text = foldForSearch(search.text, parts.policies);
  const question = { tab: search.tab, text, profile: search.profile, officer: id, now };
  return readFollowed(parts, database => askQueue(parts, database, { ...search, question }));
}

async function askQueue(
  parts: PortalParts,
  database: Database,
  { question, tab, page }: QueueSearch & { question: QueueQuestion },
): Promise<Queue> {
  const counts = await queueCounts(database, question);
  const found = await queuePage(database, question, { limit: linesOnPage, offset: (page - 1) * linesOnPage });
  const names = await memberNames(database);
  return {
    lines: found.map(row => lineOf(parts, row, names)),
    counts,
    pages: Math.max(1, Math.ceil(counts[tab] / linesOnPage)),
    needed: signaturesNeeded.case,
  };
}

function lineOf({ policies, clock }: PortalParts, row: QueuedCase, names: ReadonlyMap<string, string>): QueueLine {
  const now = clock.now();
  const { dueAt, timeLeft, stage, claimedBy, claimedUntil } = row;
  const left = dueAt === null ? timeLeft : workingTimeBetween(now, dueAt, policies.schedule.desk);
  const isHeld = claimedBy !== null && (claimedUntil ?? 0) > now;
  return {
    ...row,
    left: stage === 'done' ? null : left,
    isWaiting: stage === 'applicant',
    holder: isHeld ? (names.get(claimedBy) ?? claimedBy) : null,
  };
}

/** Who stands on the roll, by id. */
export async function memberNames(database: Database): Promise<ReadonlyMap<string, string>> {
  const members = (await openStore(database).rolls.current())?.roll.members ?? [];
  return new Map(members.map(({ id, name }) => [id, name]));
}

/** What else waits for signatures: cases are in the queue itself, attested lists are jobs (bulk/look-at-sample.ts). */
export async function otherDocuments({ ca }: PortalParts): Promise<readonly AwaitingDocument[]> {
  const awaiting = await ca.documents.awaiting([
    'list',
    'revocation',
    'release',
    'massRevocation',
    'keyBlock',
    'keyUnblock',
    'roll',
  ]);
  return awaiting.filter(({ document }) => document.kind !== 'list' || document.attestation === undefined);
}
