/** One issuing CA as a worker serves it: from the primary's files, with the same key. */
import { fromHex, readCertificate, type SchedulePolicy } from '../ca-core/index.ts';
import type { Clock } from '../ca-core/clock.ts';
import type { Log } from '../ca-core/log.ts';
import type { DeskNews } from './desk-news.ts';
import type { ResponderKeys } from './keys.ts';
import { openSharedAnswers } from './prepared-answers.ts';
import type { IssuerDesk } from './respond.ts';
import { openSharedStatuses } from './shared-statuses.ts';
import { openFitSigner, unexpired, type FitSigner, type SignerNotice } from './signer.ts';

export interface SharedDeskParts {
  readonly keys: Pick<ResponderKeys, 'of'>;
  readonly policy: SchedulePolicy['ocsp'];
  readonly clock: Clock;
  readonly log: Log;
}

export interface SharedDesk extends IssuerDesk {
  readonly ca: string;
  readonly take: (news: DeskNews) => Promise<void>;
  readonly close: () => void;
}

export async function openSharedDesk(first: DeskNews, parts: SharedDeskParts): Promise<SharedDesk> {
  const { policy, clock } = parts;
  const issuer = readCertificate(fromHex(first.issuer));
  const keys = parts.keys.of(first.folder);
  const statuses = openSharedStatuses(first.statusFile, first.slots);
  const prepared = openSharedAnswers(first.place, statuses, clock);
  const seat: { notice: SignerNotice | null; signer: FitSigner | undefined } = { notice: null, signer: undefined };
  /** Without its key a desk still gives what was signed beforehand. */
  const open = async (notice: SignerNotice): Promise<FitSigner | undefined> => {
    try {
      return await openFitSigner(notice, { ...parts, keys, issuer, policy: policy.signer });
    } catch (error) {
      parts.log.error({ err: error }, 'the key of the signer could not be opened');
      return undefined;
    }
  };
  let reachedAt = 0;
  const take = async (news: DeskNews): Promise<void> => {
    prepared.follow(news.signers);
    statuses.follow(news.slots);
    reachedAt = news.reachedAt;
    if (news.signer?.certificate === seat.notice?.certificate) return;
    seat.notice = news.signer;
    const opened = news.signer === null ? undefined : await open(news.signer);
    // Another notice may have come while the key was opened.
    if (seat.notice === news.signer) seat.signer = opened;
    // A key that could not be opened is tried again with the next news.
    if (opened === undefined) seat.notice = null;
  };
  await take(first);
  return {
    ca: first.ca,
    issuer,
    statuses: { of: statuses.of, reached: () => ({ at: reachedAt }) },
    signer: () => unexpired(seat.signer, clock),
    prepared,
    take,
    close: () => {
      statuses.close();
      prepared.close();
    },
  };
}
