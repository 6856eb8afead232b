/** What the responder knows of each certificate, in memory for answering and in its journal for good. */
import type { CrlReason, OcspStatusLine } from '../ca-core/index.ts';
import type { UnixTime } from '../ca-core/clock.ts';
import { openJournal, rewriteJournal, type StatusJournal } from './status-journal.ts';
import { openStatusMap, type StatusMap } from './status-map.ts';
import type { KnownStatus, Reached } from './status.ts';

export interface OwnStatuses {
  /** Undefined for what was never issued. */
  readonly of: (serialNumber: string) => KnownStatus | undefined;
  /** All of them, by record number. */
  readonly map: StatusMap;
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

/** Opens `file`, creating it when absent; `changed` is called with each record number whose status changed. */
export async function openOwnStatuses(file: string, changed: (slot: number) => void): Promise<OwnStatuses> {
  const memory: Memory = { map: openStatusMap(), releases: new Set(), reached: { seq: 0, at: 0, crlNumber: 0n } };
  let lines = 0;
  let journal: StatusJournal = await openJournal(file, line => {
    lines++;
    remember(memory, line);
  });
  if (lines > memory.map.size() + spareLines) {
    await journal.close();
    await rewriteJournal(file, linesOf({ ...memory, statuses: statusesIn(memory.map) }));
    journal = await openJournal(file, () => undefined);
  }
  return {
    of: memory.map.of,
    map: memory.map,
    releasesSeen: () => [...memory.releases],
    reached: () => memory.reached,
    learn: async news => {
      await journal.append([...linesOf({ ...news, releases: new Set(news.releasesSeen) })]);
      for (const [serialNumber, status] of news.statuses) {
        changed(believe(memory, serialNumber, status));
      }
      for (const serialNumber of news.releasesSeen) memory.releases.add(serialNumber);
      memory.reached = news.reached;
    },
    confirm: at => {
      memory.reached = { ...memory.reached, at };
    },
    close: async () => {
      memory.map.close();
      await journal.close();
    },
  };
}

interface Memory {
  readonly map: StatusMap;
  readonly releases: Set<string>;
  reached: Reached;
}

function believe(memory: Memory, serialNumber: string, status: KnownStatus): number {
  memory.releases.delete(serialNumber);
  return memory.map.put(serialNumber, status);
}

function* statusesIn(map: StatusMap): Generator<[string, KnownStatus]> {
  for (let slot = 0; slot < map.size(); slot++) {
    const { serialNumber, status } = map.at(slot);
    yield [serialNumber, status];
  }
}

function remember(memory: Memory, line: OcspStatusLine): void {
  switch (line.is) {
    case 'good':
      believe(memory, line.serialNumber, { status: 'good', notAfter: line.notAfter });
      return;
    case 'revoked': {
      const { is, serialNumber, ...told } = line;
      const reason = line.reason as CrlReason | null;
      believe(memory, serialNumber, { status: is, ...told, reason, afterCrl: BigInt(line.afterCrl) });
      return;
    }
    case 'releaseSeen':
      memory.releases.add(line.serialNumber);
      return;
    case 'reached':
      memory.reached = { seq: line.seq, at: line.at, crlNumber: BigInt(line.crlNumber) };
  }
}

interface Known extends Pick<Memory, 'releases' | 'reached'> {
  readonly statuses: Iterable<readonly [string, KnownStatus]>;
}

function* linesOf(known: Known): Generator<OcspStatusLine> {
  for (const [serialNumber, status] of known.statuses) yield lineOf(serialNumber, status);
  for (const serialNumber of known.releases) yield { is: 'releaseSeen', serialNumber };
  const { seq, at, crlNumber } = known.reached;
  yield { is: 'reached', seq, at, crlNumber: crlNumber.toString() };
}

function lineOf(serialNumber: string, status: KnownStatus): OcspStatusLine {
  if (status.status === 'good') return { is: 'good', serialNumber, notAfter: status.notAfter };
  const { status: is, afterCrl, ...told } = status;
  return { is, serialNumber, ...told, afterCrl: afterCrl.toString() };
}
