/** Finding, in the octets of a CertID, which of the issuer's forms it has and which serial number: no tree, no copy. */
import { wholeSequenceContent } from '../ca-core/index.ts';

/** Index of the form that this CertID begins with, -1 where it names another issuer. */
export function formOf(certId: Uint8Array, forms: readonly Uint8Array[]): number {
  const start = wholeSequenceContent(certId, 0);
  for (let index = 0; index < forms.length; index++) {
    const form = forms[index];
    if (form !== undefined && hasAt(certId, start, form)) return index;
  }
  return -1;
}

/** Where the minimal octets of a positive serial number stand in a CertID. */
export interface SerialSpan {
  readonly start: number;
  readonly end: number;
}

/** The serial number that follows the form; undefined when it is not positive, not minimal, or not the last thing there. */
export function serialSpanOf(certId: Uint8Array, formLength: number): SerialSpan | undefined {
  const at = wholeSequenceContent(certId, 0) + formLength;
  const length = certId[at + 1] ?? 0;
  if (certId[at] !== 0x02 || length === 0 || length > 0x7f || at + 2 + length !== certId.length) return undefined;
  const [first = 0, second = 0] = [certId[at + 2], certId[at + 3]];
  if (first >= 0x80 || (first === 0 && (length === 1 || second < 0x80))) return undefined;
  return { start: at + (first === 0 ? 3 : 2), end: certId.length };
}

function hasAt(bytes: Uint8Array, start: number, part: Uint8Array): boolean {
  // The last octets differ between issuers and hash functions, so look from the end.
  for (let at = part.length - 1; at >= 0; at--) if (bytes[start + at] !== part[at]) return false;
  return true;
}
