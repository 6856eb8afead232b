import { statSync } from 'node:fs';
import type { UnixTime } from '../clock.ts';
import type { JournalEntry, JournalStatus } from './journal-entry.ts';
import { openSharedLog } from './shared-log.ts';
import { StatusRecords, type ToldStatus } from './status-records.ts';

export type { JournalEntry } from './journal-entry.ts';

/** The CA core's own last word on every certificate that was ever revoked. */
export interface StatusJournal {
  /**
   * Writes decisions, all with one wait for the disk. Throws where another worker of this home decided about one of the
   * certificates since; the same digest counts once.
   */
  readonly append: (taken: readonly TakenDecision[]) => Promise<void>;
  /** Reads what other workers of this home decided: before anything that asks below. */
  readonly follow: () => void;
  readonly hasDigest: (digest: string) => boolean;
  readonly of: (serialNumber: string) => JournalEntry | undefined;
  /** What stands of each certificate, in the order of its first revocation. Walked anew each time. */
  readonly current: () => Iterable<JournalStatus>;
  /** Of how many certificates there are decisions; each has a place below that number, for as long as this is open. */
  readonly count: () => number;
  readonly placeOf: (serialNumber: string) => number | undefined;
  readonly at: (place: number) => JournalStatus;
  /** The number of its last decision, counted from 0. */
  readonly decisionAt: (place: number) => number;
  /** Whether somebody else says the same of the certificate in a place. */
  readonly agrees: (place: number, told: ToldStatus) => boolean;
  /** How many decisions there are: a place in the journal. */
  readonly decisions: () => number;
  /** What stands of each certificate that was decided about since there were so many decisions. */
  readonly since: (decisions: number) => Iterable<JournalStatus>;
  /** When the last decision was taken, by the clock as it was; 0 before the first. */
  readonly latestAt: () => UnixTime;
  /** Whether a certificate with this key (SHA-256 of its SubjectPublicKeyInfo, hex) was revoked for keyCompromise. */
  readonly isCompromised: (key: string) => boolean;
  readonly subscriberRevocationsSince: (time: UnixTime) => number;
  /** All that stands in it is on the disk when this returns, whoever wrote it. */
  readonly secure: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** A decision, and the certificate's last entry when it was taken. */
export interface TakenDecision {
  readonly entry: JournalEntry;
  readonly last: JournalEntry | undefined;
}

/** About as many as a decision takes. */
const octetsPerLine = 300;

export async function openStatusJournal(file: string): Promise<StatusJournal> {
  const octets = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  const records = new StatusRecords(octets / octetsPerLine);
  let latestAt: UnixTime = 0;
  const compromised = new Set<string>();
  const bySubscribers: UnixTime[] = [];
  const remember = (entry: JournalEntry): void => {
    records.put(entry);
    latestAt = Math.max(latestAt, entry.at);
    if (entry.key !== undefined) compromised.add(entry.key);
    if (entry.askedBy === 'subscriber') bySubscribers.push(entry.at);
  };
  const log = await openSharedLog<JournalEntry>(file, remember);
  return {
    append: taken =>
      log.append(
        taken.map(({ entry }) => entry),
        () => taken.filter(({ entry }) => !records.hasDigest(entry.digest)).map(one => stillNext(records, one)),
      ),
    follow: log.follow,
    secure: () => log.append([], nothing => nothing),
    hasDigest: digest => records.hasDigest(digest),
    isCompromised: key => compromised.has(key),
    of: serialNumber => entryOf(records, serialNumber),
    current: () => statusesOf(records, 0),
    count: () => records.count,
    placeOf: serialNumber => records.find(serialNumber),
    at: place => records.at(place),
    decisionAt: place => records.decisionAt(place),
    agrees: (place, told) => records.agrees(place, told),
    decisions: () => records.decisions,
    since: decisions => statusesOf(records, decisions),
    latestAt: () => latestAt,
    subscriberRevocationsSince: time => bySubscribers.filter(at => at >= time).length,
    close: log.close,
  };
}

function stillNext(records: StatusRecords, { entry, last }: TakenDecision): JournalEntry {
  if (entryOf(records, entry.serialNumber)?.digest === last?.digest) return entry;
  throw new Error(`another worker decided about ${entry.serialNumber} at the same time`);
}

function entryOf(records: StatusRecords, serialNumber: string): JournalEntry | undefined {
  const place = records.find(serialNumber);
  return place === undefined ? undefined : records.entryAt(place);
}

function statusesOf(records: StatusRecords, decisions: number): Iterable<JournalStatus> {
  return {
    *[Symbol.iterator]() {
      for (let place = 0; place < records.count; place++) {
        if (decisions === 0 || records.decisionAt(place) >= decisions) yield records.at(place);
      }
    },
  };
}
