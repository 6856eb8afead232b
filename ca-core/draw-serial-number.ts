import { randomBytes } from 'node:crypto';
import type { SignerLog } from './home/signer-log.ts';

/** 126 random bits, positive, 16 octets, never used before by this CA (RFC 5280 §4.1.2.2). Lower-case hex. */
export function drawSerialNumber(signerLog: SignerLog): string {
  for (;;) {
    const octets = randomBytes(16);
    octets[0] = ((octets[0] ?? 0) & 0x3f) | 0x40;
    const serialNumber = octets.toString('hex');
    if (signerLog.notAfterOf(serialNumber) === undefined) return serialNumber;
  }
}
