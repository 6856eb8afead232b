/** One issuing CA as the primary serves it: follows its statuses, has its signer certified, signs answers beforehand. */
import { join } from 'node:path';
import { ocspStatusFile } from '../ca-core/index.ts';
import type { Certificate, KeyStore, SchedulePolicy, Store } from '../ca-core/index.ts';
import type { Clock } from '../ca-core/clock.ts';
import type { Log } from '../ca-core/log.ts';
import { followStatus } from './follow-status.ts';
import type { PinnedIssuer } from './issuer-pin.ts';
import { openPreProducer, type PreProducer } from './pre-produce.ts';
import { openSigner, type FitSigner } from './signer.ts';
import { signerRecordFile } from './signer-record.ts';
import { openOwnStatuses, type OwnStatuses } from './status-store.ts';
import type { DeskNews } from './desk-news.ts';

export interface DeskParts {
  readonly store: Pick<Store, 'certificates' | 'crls' | 'signers' | 'status'>;
  readonly keys: KeyStore;
  readonly pinned: PinnedIssuer;
  readonly policy: SchedulePolicy['ocsp'];
  readonly clock: Clock;
  readonly log: Log;
}

export interface PrimaryDesk {
  readonly ca: string;
  readonly issuer: Certificate;
  readonly statuses: OwnStatuses;
  readonly answers: PreProducer;
  readonly signer: () => FitSigner | undefined;
  /** What a worker must know to answer. */
  readonly news: () => DeskNews;
  readonly follow: () => Promise<void>;
  readonly advanceSigner: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export async function openPrimaryDesk({ store, keys, pinned, policy, clock, log }: DeskParts): Promise<PrimaryDesk> {
  const { folder, certificate: issuer, ca } = pinned;
  const opened: { answers?: PreProducer } = {};
  const statuses = await openOwnStatuses(join(folder, ocspStatusFile), slot => opened.answers?.purge(slot));
  const statusFile = join(folder, 'status.map');
  const record = signerRecordFile(join(folder, 'signer.json'));
  const signer = await openSigner({
    keys,
    record,
    requests: store.signers,
    issuer,
    ca,
    policy: policy.signer,
    clock,
    log,
  });
  const parts = { folder: join(folder, 'answers'), issuer, statuses, signer: signer.fit, policy, clock, log };
  const answers = await openPreProducer(parts);
  opened.answers = answers;
  // Not before the stock of answers was held against it, which is quicker in memory.
  statuses.map.publish(statusFile);
  return {
    ca,
    issuer,
    statuses,
    answers,
    signer: signer.fit,
    news: () => ({
      ca,
      folder,
      issuer: Buffer.from(issuer.der).toString('hex'),
      statusFile,
      slots: statuses.map.size(),
      reachedAt: statuses.reached().at,
      place: answers.place,
      signers: answers.signers(),
      signer: signer.notice(),
    }),
    follow: followStatus({ ...store, statuses, issuer, ca, clock, log }),
    advanceSigner: signer.advance,
    close: async () => {
      await answers.close();
      await statuses.close();
    },
  };
}
