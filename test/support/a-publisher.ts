/** The publisher of a small CA, with its usual surroundings. */
import { silentLog } from '../../ca-core/log.ts';
import { openCrlPublisher, type CrlPublisher, type CrlPublisherParts } from '../../crl-publisher/open-crl-publisher.ts';
import type { SmallCa } from './small-ca.ts';

export const publicUrl = 'http://localhost:8082';

export function aPublisher(
  { store, home }: Pick<SmallCa, 'store' | 'home'>,
  parts: Pick<CrlPublisherParts, 'clock' | 'fetchPublic'> & Partial<CrlPublisherParts>,
): Promise<CrlPublisher> {
  const usual = { url: publicUrl, timetable: { overdueAfter: 5_400 }, name: 'a publisher', log: silentLog };
  return openCrlPublisher({ store, home, copies: [], directories: [], ...usual, ...parts });
}
