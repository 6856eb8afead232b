import { randomBytes } from 'node:crypto';
import type { UnixTime } from '../clock.ts';

/**
 * A UUID that begins with its time (RFC 9562 §5.7): what is ordered together lies together in every index over orders,
 * where ids without an order would touch a page for each of them.
 */
export function orderId(at: UnixTime): string {
  const octets = randomBytes(16);
  octets.writeUIntBE(at * 1_000, 0, 6);
  octets[6] = 0x70 | ((octets[6] ?? 0) & 0x0f);
  octets[8] = 0x80 | ((octets[8] ?? 0) & 0x3f);
  const hex = octets.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
