/** What the responder knows of each certificate, in memory for answering and in its journal for good. */
import type { CrlReason } from '../ca-core/index.ts';
import type { UnixTime } from '../ca-core/clock.ts';
import { openJournal, rewriteJournal, type JournalLine, type StatusJournal } from './status-journal.ts';

export type KnownStatus =
  | { readonly status: 'good'; readonly notAfter: UnixTime }
  | {
      readonly status: 'revoked';
      readonly revokedAt: UnixTime;
      readonly reason: CrlReason | null;
      /** Only a CRL with a higher number can show that it was released. */
      readonly afterCrl: bigint;
    };

/** How far the database was followed, by when, and the newest CRL verified. */
export interface Reached {
  readonly seq: number;
  readonly at: UnixTime;
  readonly crlNumber: bigint;
}

export interface OwnStatuses {
  /** Undefined for what was never issued. The same object until it changes. */
  readonly of: (serialNumber: string) => KnownStatus | undefined;
  /** Serial numbers on hold of which the database says that they were released. */
  readonly releasesSeen: () => readonly string[];
  readonly reached: () => Reached;
  /** Nothing has changed until `at`; kept in memory only. */
  readonly confirm: (at: UnixTime) => void;
  /** Believes all of these once they are on the disk, then tells whose status changed. */
  readonly learn: (news: StatusNews) => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface StatusNews {
  readonly statuses: ReadonlyMap<string, KnownStatus>;
  readonly releasesSeen: readonly string[];
  readonly reached: Reached;
}

/** Compacting is worth it when the journal has this many lines more than there are certificates. */
const spareLines = 50_000;

/** Opens `file`, creating it when absent; `changed` is called for each serial number whose status changed. */
export async function openOwnStatuses(file: string, changed: (serialNumber: string) => void): Promise<OwnStatuses> {
  const memory: Memory = { statuses: new Map(), releases: new Set(), reached: { seq: 0, at: 0, crlNumber: 0n } };
  let lines = 0;
  let journal: StatusJournal = await openJournal(file, line => {
    lines++;
    remember(memory, line);
  });
  if (lines > memory.statuses.size + spareLines) {
    await journal.close();
    await rewriteJournal(file, linesOf(memory));
    journal = await openJournal(file, () => undefined);
  }
  return {
    of: serialNumber => memory.statuses.get(serialNumber),
    releasesSeen: () => [...memory.releases],
    reached: () => memory.reached,
    learn: async news => {
      await journal.append([...linesOf({ ...news, releases: new Set(news.releasesSeen) })]);
      for (const [serialNumber, status] of news.statuses) {
        believe(memory, serialNumber, status);
        changed(serialNumber);
      }
      for (const serialNumber of news.releasesSeen) memory.releases.add(serialNumber);
      memory.reached = news.reached;
    },
    confirm: at => {
      memory.reached = { ...memory.reached, at };
    },
    close: () => journal.close(),
  };
}

interface Memory {
  readonly statuses: Map<string, KnownStatus>;
  readonly releases: Set<string>;
  reached: Reached;
}

function believe(memory: Memory, serialNumber: string, status: KnownStatus): void {
  memory.statuses.set(serialNumber, status);
  memory.releases.delete(serialNumber);
}

function remember(memory: Memory, line: JournalLine): void {
  switch (line.is) {
    case 'good':
      believe(memory, line.serialNumber, { status: 'good', notAfter: line.notAfter });
      return;
    case 'revoked': {
      const { serialNumber, revokedAt, afterCrl } = line;
      const reason = line.reason as CrlReason | null;
      believe(memory, serialNumber, { status: 'revoked', revokedAt, reason, afterCrl: BigInt(afterCrl) });
      return;
    }
    case 'releaseSeen':
      memory.releases.add(line.serialNumber);
      return;
    case 'reached':
      memory.reached = { seq: line.seq, at: line.at, crlNumber: BigInt(line.crlNumber) };
  }
}

function* linesOf(known: Pick<Memory, 'releases' | 'reached'> & Pick<StatusNews, 'statuses'>): Generator<JournalLine> {
  for (const [serialNumber, status] of known.statuses) yield lineOf(serialNumber, status);
  for (const serialNumber of known.releases) yield { is: 'releaseSeen', serialNumber };
  const { seq, at, crlNumber } = known.reached;
  yield { is: 'reached', seq, at, crlNumber: crlNumber.toString() };
}

function lineOf(serialNumber: string, status: KnownStatus): JournalLine {
  if (status.status === 'good') return { is: 'good', serialNumber, notAfter: status.notAfter };
  const { revokedAt, reason, afterCrl } = status;
  return { is: 'revoked', serialNumber, revokedAt, reason, afterCrl: afterCrl.toString() };
}
