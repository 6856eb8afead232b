/** The publisher, put together: what wakes the CA core, what goes out, and whether it truly came out. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openFileLock, type CrlMark, type Store } from '../ca-core/index.ts';
import { PkiError } from '../ca-core/errors.ts';
import { lateOnes, staleFiles, type Timetable } from './alarms.ts';
import { openBeat } from './beat.ts';
import type { DirectoryPlace } from './directory-place.ts';
import { openDirectoryRounds } from './directory-rounds.ts';
import { openIssuerList, type IssuerList } from './issuer-list.ts';
import type { PublishedIssuer } from './issuers.ts';
import { openLead, type Lead } from './lead.ts';
import { placeOf, type PlacedList } from './lists.ts';
import { dropLeftovers } from './put-file.ts';
import { openOutside, type OutsideParts } from './outside.ts';
import { openPublicFiles, type PublicFiles } from './public-files.ts';
import { publishList, type PublishParts } from './publish.ts';
import { wakeForChanges, type Wake } from './wake-ca.ts';

export interface CrlPublisherParts extends Omit<PublishParts, 'lock' | 'store'>, OutsideParts {
  readonly store: Pick<
    Store,
    'audit' | 'certificates' | 'crls' | 'crossCertificates' | 'issuers' | 'publisherLeases' | 'states' | 'status'
  >;
  readonly timetable: Timetable;
  /** Directories that get the same, each a distribution point of its own. */
  readonly directories: readonly DirectoryPlace[];
  /** By which this publisher is told from others. */
  readonly name: string;
}

export interface CrlPublisher {
  readonly files: PublicFiles;
  /** The issuing CA's CRL is out. */
  readonly isOut: () => boolean;
  /** Orders what is due and publishes what is new. Throws what went wrong, after doing the rest. */
  readonly round: () => Promise<void>;
  /** Brings what is out into the directories. Throws what went wrong, after doing the rest; `round` tells of it, too. */
  readonly directoryRound: () => Promise<void>;
  /** Orders a CRL of each issuing CA, as the timetable wants, if this publisher leads. */
  readonly orderBySchedule: () => Promise<void>;
  /** The same for those whose newest CRL is older than a run: one was missed while no publisher was there. */
  readonly catchUp: () => Promise<void>;
  /** Seconds until the first issuing CA's newest CRL is overdue; negative where one is. */
  readonly untilOverdue: () => Promise<number>;
  readonly close: () => Promise<void>;
}

/** The timetable is hourly as shipped; an order too many does no harm. */
const runEvery = 3_600;

export async function openCrlPublisher(given: CrlPublisherParts): Promise<CrlPublisher> {
  const { store, home, clock, timetable } = given;
  const files = openPublicFiles(home);
  const issuers = await openIssuerList({ ...given, files });
  const parts = { ...given, lock: openFileLock(join(home, '.lock')) };
  await dropLeftovers(home, clock.now());
  const wake = wakeForChanges({ ...store, clock });
  const lead = openLead(store.publisherLeases, clock, given.name);
  const publishOnce = openPublishing(files, parts);
  const turn = openTurns({ wake, lead, publishOnce }, parts);
  const directories = openDirectoryRounds(given.directories, { ...parts, issuers: issuers.all, files, lead });
  const beat = openBeat(parts);
  const orderAll = openOrdering(issuers, lead, parts);
  return {
    files,
    isOut: () => issuers.issuing().every(({ name }) => files.of(`crl/${name}/0.crl`) !== undefined),
    orderBySchedule: () => orderAll('timetable', () => true),
    catchUp: () =>
      orderAll('a run was missed', newest => newest !== undefined && clock.now() - newest.thisUpdate > runEvery),
    round: async () => {
      const failures: unknown[] = [];
      const late: string[] = [];
      await issuers.follow().catch((error: unknown) => failures.push(error));
      for (const issuer of issuers.all()) {
        await turn(issuer).then(
          found => late.push(...found),
          (error: unknown) => failures.push(error),
        );
      }
      late.push(...staleFiles(files.list(), timetable, clock.now()));
      if (late.length > 0) failures.push(new PkiError('crlInvalid', { late }));
      await beat([...failures, ...directories.failures()][0]);
      if (failures.length > 0) throw failures[0];
    },
    directoryRound: directories.round,
    untilOverdue: async () => {
      const newest = await Promise.all(issuers.issuing().map(({ id }) => store.crls.newestMark(id)));
      return Math.min(...newest.map(mark => (mark?.thisUpdate ?? 0) + timetable.overdueAfter - clock.now()));
    },
    close: async () => {
      parts.lock.close();
      await lead.resign();
    },
  };
}

interface TurnParts {
  readonly wake: Wake;
  readonly lead: Lead;
  readonly publishOnce: (mark: CrlMark, issuer: PublishedIssuer) => Promise<void>;
}

/** One issuer's turn: orders what is due, publishes what is new, and says what is late. */
function openTurns(
  { wake, lead, publishOnce }: TurnParts,
  { store, timetable, clock }: Parts,
): (issuer: PublishedIssuer) => Promise<string[]> {
  return async issuer => {
    const newest = await store.crls.newestMark(issuer.id);
    if (issuer.role === 'issuing') {
      await wake.look(issuer.id, newest);
      if (await lead.hold()) await wake.order(issuer.id);
    }
    const full = newest?.complete === null ? await store.crls.newestFullMark(issuer.id) : undefined;
    for (const mark of [full, newest]) if (mark !== undefined) await publishOnce(mark, issuer);
    return lateOnes({ issuer, newest, behindSince: wake.behindSince(issuer.id) }, timetable, clock.now());
  };
}

type Order = (because: string, isWanted: (newest: CrlMark | undefined) => boolean) => Promise<void>;

/** Orders CRLs of those issuers where it is wanted, if this publisher leads. */
function openOrdering({ issuing }: IssuerList, lead: Lead, { store, clock }: Parts): Order {
  return async (because, isWanted) => {
    if (!(await lead.hold())) return;
    for (const { id } of issuing()) {
      if (isWanted(await store.crls.newestMark(id))) await store.crls.order(id, because, clock.now());
    }
  };
}

type Parts = CrlPublisherParts & Pick<PublishParts, 'lock'>;

/** Publishes each list of a mark whose file is not the one that was confirmed. */
function openPublishing(files: PublicFiles, parts: Parts): (mark: CrlMark, issuer: PublishedIssuer) => Promise<void> {
  const confirmed = new Map<string, string>();
  const isOutside = openOutside(parts);
  const versionOf = async (path: string): Promise<string> => {
    const found = await stat(join(parts.home, path)).catch(() => undefined);
    return found === undefined ? '' : `${found.ino} ${found.size} ${found.mtimeMs}`;
  };
  const publishOne = async (mark: CrlMark, issuer: PublishedIssuer, place: PlacedList): Promise<void> => {
    const { path } = place;
    if (confirmed.get(path) === `${mark.crlNumber} ${await versionOf(path)}`) return;
    const crl = await publishList({ mark, issuer, place }, parts);
    await files.load(path);
    const isSeen = await isOutside(crl, path);
    if (isSeen && crl.crlNumber === BigInt(mark.crlNumber))
      confirmed.set(path, `${mark.crlNumber} ${await versionOf(path)}`);
  };
  return async (mark, issuer) => {
    const failures: unknown[] = [];
    for (const list of mark.lists) {
      const place = placeOf(issuer, list);
      const done = place === undefined ? Promise.reject(noPlace(list)) : publishOne(mark, issuer, place);
      await done.catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  };
}

const noPlace = (list: string): PkiError =>
  new PkiError('crlInvalid', { reason: `there is no place for list ${list}` });
