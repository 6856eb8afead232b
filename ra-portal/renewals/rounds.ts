import type { PortalParts } from '../parts.ts';
import { remindOfAccessReview } from '../reviews/access-review.ts';
import { remindOfLraReports } from '../reviews/lra-reminders.ts';
import { postExpiryDigests } from './expiry-digest.ts';
import { postExpiryNotices } from './expiry-notices.ts';

const often = 600;

/** Looks, every ten minutes, who is to be told of what ends, or is due. One of these per portal; several do not tell twice. */
export function openNoticeRounds(): (parts: PortalParts) => Promise<void> {
  let last = 0;
  return async parts => {
    const now = parts.clock.now();
    if (now - last < often) return;
    last = now;
    await postExpiryNotices(parts);
    await postExpiryDigests(parts);
    await remindOfLraReports(parts);
    await remindOfAccessReview(parts);
  };
}
