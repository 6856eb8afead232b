/** Brings into a directory what is out, reads it back, and tells of what it cannot. The files wait for nothing of this. */
import type { Clock, UnixTime } from '../ca-core/clock.ts';
import { PkiError } from '../ca-core/errors.ts';
import { readAnyCrl, verifyCrl } from '../ca-core/index.ts';
import type { Log } from '../ca-core/log.ts';
import { itemsOf, type DirectoryItem } from './directory-items.ts';
import type { DirectoryPlace } from './directory-place.ts';
import type { PublishedIssuer } from './issuers.ts';
import type { Lead } from './lead.ts';
import { isDirectoryRefusal, openDirectory, type Directory } from './ldap.ts';
import { isDeltaOver } from './lists.ts';
import type { PublicFiles } from './public-files.ts';

export interface DirectoryParts {
  readonly issuers: () => readonly PublishedIssuer[];
  readonly files: Pick<PublicFiles, 'list'>;
  /** The directory is one for all publishers: only who leads writes. */
  readonly lead: Pick<Lead, 'hold'>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface DirectoryRounds {
  /** Brings in what is not there. Throws what went wrong, after doing the rest. */
  readonly round: () => Promise<void>;
  /** What went wrong the last time; none when all is in. */
  readonly failures: () => readonly unknown[];
}

/** Seconds after which a directory that failed is tried again, and after which one is read again that was right. */
const againAfter = 5;
const recheckAfter = 600;

/** Several directories, of which none waits for another. */
export function openDirectoryRounds(places: readonly DirectoryPlace[], parts: DirectoryParts): DirectoryRounds {
  const directories = places.map(place => roundsOf(place, parts));
  return {
    failures: () => directories.flatMap(directory => directory.failures()),
    round: async () => {
      const done = await Promise.allSettled(directories.map(directory => directory.round()));
      for (const one of done) if (one.status === 'rejected') throw one.reason;
    },
  };
}

function roundsOf(place: DirectoryPlace, parts: DirectoryParts): DirectoryRounds {
  const { issuers, files, lead, clock } = parts;
  const confirmed = new Map<string, { readonly etag: string; readonly at: UnixTime }>();
  let failed: { readonly error: unknown; readonly at: UnixTime } | undefined;
  const isDue = (item: DirectoryItem): boolean => {
    const known = confirmed.get(item.path);
    return known?.etag !== wantedTag(item, clock) || Math.abs(clock.now() - known.at) >= recheckAfter;
  };
  const bring = async (items: readonly DirectoryItem[]): Promise<void> => {
    const directory = await openDirectory(place);
    const failures: unknown[] = [];
    try {
      for (const item of items) {
        await bringOne(directory, item, parts).then(
          () => confirmed.set(item.path, { etag: wantedTag(item, clock), at: clock.now() }),
          (error: unknown) => failures.push(error),
        );
        if (failures.some(error => !isAnswer(error))) break;
      }
    } finally {
      await directory.close();
    }
    if (failures.length > 0) throw failures[0];
  };
  return {
    failures: () => (failed === undefined ? [] : [failed.error]),
    round: async () => {
      if (failed !== undefined && Math.abs(clock.now() - failed.at) < againAfter) throw failed.error;
      const due = issuers().flatMap(issuer => itemsOf(issuer, files.list(), place.base).filter(isDue));
      failed = undefined;
      if (due.length === 0 || !(await lead.hold())) return;
      await bring(due).catch((error: unknown) => {
        failed = { error: unreachable(place, error), at: clock.now() };
        throw failed.error;
      });
    },
  };
}

/** A delta that is over is to be gone. */
const wantedTag = ({ path, file }: DirectoryItem, clock: Clock): string =>
  isDeltaOver(path, file, clock.now()) ? 'gone' : file.etag;

/** Nothing goes back: a CRL in the directory that is newer stays, and is told of. */
async function bringOne(directory: Directory, item: DirectoryItem, { clock, log }: DirectoryParts): Promise<void> {
  const { file, path, name, attribute } = item;
  const there = await directory.read(item);
  if (wantedTag(item, clock) === 'gone') {
    if (there !== undefined && !isNewer(there, item)) await directory.remove(item);
    return;
  }
  if (there?.equals(file.bytes) === true) return;
  if (there !== undefined && isNewer(there, item)) throw refusal(item, 'a newer one is there');
  await directory.write(item, file.bytes);
  const back = await directory.read(item);
  if (back?.equals(file.bytes) !== true) throw refusal(item, 'what can be read is not what was put');
  log.info({ file: path, entry: name, attribute }, 'published in the directory');
}

function isNewer(there: Buffer, { file, issuer }: DirectoryItem): boolean {
  if (file.mediaType !== 'application/pkix-crl') return false;
  try {
    const crl = readAnyCrl(there);
    const isOurs = verifyCrl(crl, issuer.certificate.subjectPublicKeyInfo);
    return isOurs && crl.crlNumber > readAnyCrl(file.bytes).crlNumber;
  } catch {
    return false;
  }
}

const isAnswer = (error: unknown): boolean => error instanceof PkiError || isDirectoryRefusal(error);

function refusal({ name, attribute }: DirectoryItem, reason: string): PkiError {
  return new PkiError('crlInvalid', { reason, entry: name, attribute });
}

function unreachable({ url }: DirectoryPlace, error: unknown): PkiError {
  if (error instanceof PkiError) return new PkiError('crlInvalid', { directory: url, ...error.values });
  return new PkiError('crlInvalid', { directory: url, reason: error instanceof Error ? error.message : String(error) });
}
