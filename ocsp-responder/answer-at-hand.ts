/** What was signed before: by a root at a ceremony, beforehand by the primary, or for somebody who asked the same. */
import type { Answer } from './answer.ts';
import type { KeptAnswer } from './answer-cache.ts';
import { formOf, serialSpanOf } from './cert-id-forms.ts';
import type { Hall, IssuerDesk } from './hall.ts';
import { isSameStatus } from './status.ts';

/** The answer about this CertID, undefined where there is none that is still good. Never throws. */
export function answerAtHand(certId: Buffer, hall: Hall): Answer | undefined {
  const index = formOf(certId, hall.forms);
  const place = hall.places[index];
  if (place === undefined) return hall.roots?.find(certId);
  const serial = serialSpanOf(certId, hall.forms[index]?.length ?? 0);
  if (serial === undefined) return undefined;
  try {
    const prepared = place.desk.prepared.find(place.form, certId, serial);
    if (prepared !== undefined) return prepared;
    const octets = certId.toString('hex', serial.start, serial.end);
    const kept = hall.cache.find(index, octets);
    return kept !== undefined && isFresh(kept, { ...place, octets }, hall) ? kept.answer : undefined;
  } catch (error) {
    hall.log.error({ err: error }, 'an answer at hand could not be read');
    return undefined;
  }
}

function isFresh(
  kept: KeptAnswer,
  { desk, octets }: { readonly desk: IssuerDesk; readonly octets: string },
  { clock }: Hall,
): boolean {
  const now = clock.now();
  const nothingNewer = desk.statuses.reached().at <= kept.thisUpdate;
  // A clock that was set back must not bring answers from the future.
  if (now < kept.thisUpdate) return false;
  if (now >= kept.nextUpdate || (now >= kept.refreshAt && !nothingNewer)) return false;
  return isSameStatus(desk.statuses.of(octets), kept.known);
}
