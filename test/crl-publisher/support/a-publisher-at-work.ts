/** A publisher over a small CA of its own, with a clock that tests set and a public address that answers as they say. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCrl } from '../../../ca-core/x509/crl.ts';
import type { CrlEntry, CrlReason } from '../../../ca-core/x509/crl-entries.ts';
import type { CrlPublisher, CrlPublisherParts } from '../../../crl-publisher/open-crl-publisher.ts';
import type { Der } from '../../../ca-core/x509/der.ts';
import { aPublisher } from '../../support/a-publisher.ts';
import { refusalFrom } from '../../support/refusal.ts';
import { aSmallCa, type SmallCa } from '../../support/small-ca.ts';
import { realNow } from '../../support/small-pki.ts';

export interface APublisherAtWork {
  readonly ca: SmallCa;
  readonly clock: { at: number; readonly now: () => number };
  /** What whoever fetches gets: what is on the disk, until a test says otherwise. */
  readonly address: { fetchPublic: (path: string) => Promise<Uint8Array> };
  /** The one that was opened last. */
  readonly publisher: CrlPublisher;
  /** Opens another publisher over the same CA. */
  readonly open: (parts?: Partial<CrlPublisherParts>) => Promise<void>;
  /** Number of the CRL that is out; undefined where none can be read. */
  readonly out: () => bigint | undefined;
  /** An entry of ten seconds ago. */
  readonly listed: (serialNumber: string, reason?: CrlReason) => CrlEntry;
  /** A CRL of three days. */
  readonly crlWith: (crlNumber: bigint, entries?: readonly CrlEntry[], thisUpdate?: number) => Promise<Der>;
  /** Of the next round, if it refuses. */
  readonly refusal: () => ReturnType<typeof refusalFrom>;
  readonly close: () => Promise<void>;
}

export async function aPublisherAtWork(): Promise<APublisherAtWork> {
  const ca = await aSmallCa();
  const clock = { at: realNow(), now: () => clock.at };
  const address = { fetchPublic: (path: string): Promise<Uint8Array> => Promise.resolve(readFileSync(ca.home + path)) };
  const opened = (parts: Partial<CrlPublisherParts> = {}): Promise<CrlPublisher> =>
    aPublisher(ca, { fetchPublic: path => address.fetchPublic(path), clock, ...parts });
  let publisher = await opened();
  return {
    ...{ ca, clock, address },
    get publisher() {
      return publisher;
    },
    open: async parts => {
      publisher = await opened(parts);
    },
    out: () => numberIn(join(ca.home, 'crl/issuing/0.crl')),
    listed: (serialNumber, reason = 'keyCompromise') => ({
      ...{ serialNumber, reason, revokedAt: clock.at - 10, invalidityDate: null },
    }),
    crlWith: (crlNumber, entries = [], thisUpdate = clock.at) =>
      ca.pki.crl({ crlNumber, entries, thisUpdate, nextUpdate: thisUpdate + 3 * 86_400 }),
    refusal: () => refusalFrom(publisher.round()),
    close: () => ca.close(),
  };
}

function numberIn(file: string): bigint | undefined {
  try {
    return readCrl(readFileSync(file)).crlNumber;
  } catch {
    return undefined;
  }
}
