/** What is late: runs that were missed, revocations that wait, files that grow old. A state of red calls people. */
import type { UnixTime } from '../ca-core/clock.ts';
import { readAnyCrl, type CrlMark } from '../ca-core/index.ts';
import type { PublishedIssuer } from './issuers.ts';
import type { PublicFile } from './public-files.ts';

export interface Timetable {
  /** The CA core makes a CRL unasked when the newest is older than this, in seconds. */
  readonly overdueAfter: number;
}

/** The bound for a revocation to stand on a CRL, in seconds (domain.md §7), and what a run may be late. */
const revocationWithin = 600;
const grace = 300;
/** After a ceremony the CA core makes the first CRL at once. */
const firstWithin = 60;
/** A ceremony takes so long to prepare, in seconds. */
const ceremonyNotice = 30 * 86_400;

export interface Lateness {
  readonly issuer: PublishedIssuer;
  readonly newest: CrlMark | undefined;
  /** Since when a revocation waits for a CRL. */
  readonly behindSince: UnixTime | undefined;
}

/** One sentence for each thing that is late with an issuer's CRLs. */
export function lateOnes(
  { issuer, newest, behindSince }: Lateness,
  { overdueAfter }: Timetable,
  now: UnixTime,
): string[] {
  const { name, role } = issuer;
  const waited = behindSince === undefined ? 0 : now - behindSince;
  if (newest === undefined) return waited > firstWithin ? [`${name} has no CRL yet`] : [];
  if (role === 'root') {
    const left = newest.nextUpdate - now;
    return left < ceremonyNotice ? [`the CRL of ${name} ends in ${daysOf(left)} days: hold a ceremony`] : [];
  }
  const age = now - newest.thisUpdate;
  return [
    ...(age > overdueAfter + grace
      ? [`runs were missed: the newest CRL of ${name} is ${minutesOf(age)} minutes old`]
      : []),
    ...(waited > revocationWithin ? [`a revocation has waited ${minutesOf(waited)} minutes for a CRL of ${name}`] : []),
  ];
}

/** CRLs that are out and that nobody renews, whatever the database says of them. */
export function staleFiles(
  files: Iterable<readonly [string, PublicFile]>,
  { overdueAfter }: Timetable,
  now: UnixTime,
): string[] {
  const stale: string[] = [];
  const all = new Map(files);
  for (const [path, { since, until, mediaType }] of all) {
    if (mediaType !== 'application/pkix-crl' || isGivenUp(path, all)) continue;
    const isIssuing = path.split('/').length > 2;
    if (until <= now) stale.push(`${path} is over`);
    else if (isIssuing && now - since > overdueAfter + 2 * grace) stale.push(`${path} is not renewed`);
  }
  return stale;
}

/** A delta that its full CRL does not name: the policy makes none any more. */
function isGivenUp(path: string, files: ReadonlyMap<string, PublicFile>): boolean {
  const full = path.endsWith('-delta.crl') ? files.get(path.replace('-delta.crl', '.crl')) : undefined;
  return full !== undefined && readAnyCrl(full.bytes).freshestCrl === null;
}

const minutesOf = (seconds: number): number => Math.floor(seconds / 60);
const daysOf = (seconds: number): number => Math.floor(seconds / 86_400);
