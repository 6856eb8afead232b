/** The answer to a nonce by a key that signs at once: nobody waits, and no promise is made. */
import { encodeSignedResponse, signatureAtOnce, type LoneNonceRequest } from '../ca-core/index.ts';
import type { Answer } from './answer.ts';
import { formOf, serialSpanOf } from './cert-id-forms.ts';
import { isForgotten, tailOf } from './compose.ts';
import { standingOf, type Hall } from './hall.ts';

/** Undefined is left to the long way: whatever is not plain, other keys, and the sample that is checked. Never throws. */
export function answerAtOnce({ certId, nonce }: LoneNonceRequest, hall: Hall): Answer | undefined {
  const index = formOf(certId, hall.forms);
  const desk = hall.places[index]?.desk;
  const serial = serialSpanOf(certId, hall.forms[index]?.length ?? 0);
  if (desk === undefined || serial === undefined || hall.sample.isNext()) return undefined;
  try {
    const known = desk.statuses.of((certId as Buffer).toString('hex', serial.start, serial.end));
    if (known === undefined || isForgotten(known, hall.clock.now(), hall.policy)) return undefined;
    const standing = standingOf(desk, hall);
    if (standing === undefined) return undefined;
    const responseData = hall.moulds({ certId, nonce, known, ...standing });
    const signature = signatureAtOnce(responseData, standing.signer.key);
    if (signature === undefined) return undefined;
    const body = encodeSignedResponse({ responseData, signature }, tailOf(standing.signer));
    return { body, status: 'successful', life: null };
  } catch (error) {
    hall.log.error({ err: error }, 'an answer could not be signed at once');
    return undefined;
  }
}
