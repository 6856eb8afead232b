/** Several whole OCSPResponses in one file: a SEQUENCE OF, as they are carried from an offline CA to the responder. */
import { childrenOf, expectTag, readDer } from './der-reader.ts';
import { concat, sequence, type Der } from './der.ts';

export const encodeOcspBundle = (responses: readonly Uint8Array[]): Der => sequence(...responses);

/** DER of each OCSPResponse, not read yet. Throws derMalformed. */
export function readOcspBundle(bundle: Uint8Array): readonly Der[] {
  return childrenOf(expectTag(readDer(bundle), 16)).map(({ bytes }) => concat(bytes));
}
