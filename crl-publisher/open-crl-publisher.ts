/** The publisher, put together: what wakes the CA core, what goes out, and whether it truly came out. */
import { equalBytes, type CertificateRevocationList, type Store } from '../ca-core/index.ts';
import type { Clock } from '../ca-core/clock.ts';
import { PkiError } from '../ca-core/errors.ts';
import type { Log } from '../ca-core/log.ts';
import { publishIssuers, type PublishedIssuer } from './issuers.ts';
import { openPublicFiles, type PublicFiles } from './public-files.ts';
import { crlPath, publishCrl, publishedCrl } from './publish.ts';
import { wakeForChanges } from './wake-ca.ts';

export interface CrlPublisherParts {
  readonly store: Pick<Store, 'audit' | 'certificates' | 'crls' | 'issuers' | 'states' | 'status'>;
  /** Folder of the public files. */
  readonly home: string;
  /** Gets a published file over HTTP by its path, which begins with a slash. */
  readonly fetchPublic: (path: string) => Promise<Uint8Array>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface CrlPublisher {
  readonly files: PublicFiles;
  /** The issuing CA's CRL is out. */
  readonly isOut: () => boolean;
  /** Orders what is due and publishes what is new. Throws what went wrong, after doing the rest. */
  readonly round: () => Promise<void>;
  /** Orders a CRL of each issuing CA, as the timetable wants. */
  readonly orderBySchedule: () => Promise<void>;
}

/** How often it tells the database how it is, in seconds. */
const beatEvery = 10;

export async function openCrlPublisher(parts: CrlPublisherParts): Promise<CrlPublisher> {
  const { store, home, clock, log } = parts;
  const issuers = await publishIssuers(home, store.issuers);
  const files = openPublicFiles(home);
  for (const issuer of issuers) {
    await files.load(`ca/${issuer.name}.cer`);
    if ((await publishedCrl(home, issuer, log)) !== undefined) await files.load(crlPath(issuer));
  }
  const issuing = issuers.filter(({ role }) => role === 'issuing');
  const wake = wakeForChanges({ ...store, clock });
  const confirmed = new Map<string, bigint>();
  const turn = async (issuer: PublishedIssuer): Promise<void> => {
    const newest = await store.crls.newest(issuer.id);
    if (issuer.role === 'issuing') await wake(issuer.id, newest);
    if (newest === undefined) return;
    const crl = await publishCrl(newest, issuer, parts);
    await files.load(crlPath(issuer));
    if (confirmed.get(issuer.id) === crl.crlNumber) return;
    await compareWithPublic(crl, issuer, parts);
    confirmed.set(issuer.id, crl.crlNumber);
  };
  const beat = openBeat(parts);
  return {
    files,
    isOut: () => issuing.every(issuer => files.of(crlPath(issuer)) !== undefined),
    orderBySchedule: async () => {
      for (const { id } of issuing) await store.crls.order(id, 'timetable', clock.now());
    },
    round: async () => {
      const failures: unknown[] = [];
      for (const issuer of issuers) await turn(issuer).catch((error: unknown) => failures.push(error));
      await beat(failures[0]);
      if (failures.length > 0) throw failures[0];
    },
  };
}

/** What a relying party gets must be what was put: a cache or another server may stand in between. */
async function compareWithPublic(
  crl: CertificateRevocationList,
  issuer: PublishedIssuer,
  { fetchPublic }: CrlPublisherParts,
): Promise<void> {
  if (equalBytes(await fetchPublic(`/${crlPath(issuer)}`), crl.der)) return;
  throw new PkiError('crlInvalid', { reason: 'what can be fetched is not what was put', issuer: issuer.name });
}

function openBeat({ store, clock }: CrlPublisherParts): (failure: unknown) => Promise<void> {
  let beatAt = 0;
  let lastDetail = '';
  return async failure => {
    const seenAt = clock.now();
    const detail = failure === undefined ? 'published' : failure instanceof Error ? failure.message : 'failed';
    if (detail === lastDetail && seenAt < beatAt + beatEvery) return;
    await store.states.beat({
      service: 'crl-publisher',
      state: failure === undefined ? 'green' : 'red',
      detail,
      seenAt,
    });
    beatAt = seenAt;
    lastDetail = detail;
  };
}
