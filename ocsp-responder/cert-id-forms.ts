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

/** The content of the serial number that follows the form, in hex; empty when it is not the last thing there. */
export function serialOctetsOf(certId: Buffer, formLength: number): string {
  const at = wholeSequenceContent(certId, 0) + formLength;
  const length = certId[at + 1] ?? 0;
  if (certId[at] !== 0x02 || length === 0 || length > 0x7f || at + 2 + length !== certId.length) return '';
  return certId.toString('hex', at + 2);
}

/** The INTEGER content in hex of a serial number: with a leading zero octet where the first bit is set. */
export function serialOctets(serialNumber: string): string {
  return serialNumber >= '8' ? `00${serialNumber}` : serialNumber;
}

function hasAt(bytes: Uint8Array, start: number, part: Uint8Array): boolean {
  // The last octets differ between issuers and hash functions, so look from the end.
  for (let at = part.length - 1; at >= 0; at--) if (bytes[start + at] !== part[at]) return false;
  return true;
}
