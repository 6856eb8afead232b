/** Known weaknesses of RSA moduli that a CA must refuse and can see from the public key alone (CA/B Forum S/MIME BR §6.1.1.3). */

export type RsaWeakness = 'modulusEven' | 'modulusSmallFactor' | 'modulusRoca' | 'modulusCloseFactors';

const smallPrimes = primesBelow(752);

/** Primes whose product ROCA's keys are built on (CVE-2017-15361), with the residues that 65537 generates. */
const rocaResidues = smallPrimes
  .filter(prime => prime > 2 && prime <= 167)
  .map(prime => ({ prime: BigInt(prime), residues: residuesOf(65_537 % prime, prime) }));

/** What is wrong with this modulus, or undefined. */
export function rsaWeakness(modulus: bigint): RsaWeakness | undefined {
  if (modulus % 2n === 0n) return 'modulusEven';
  if (smallPrimes.some(prime => modulus % BigInt(prime) === 0n)) return 'modulusSmallFactor';
  if (rocaResidues.every(({ prime, residues }) => residues.has(Number(modulus % prime)))) return 'modulusRoca';
  if (factorsAreClose(modulus)) return 'modulusCloseFactors';
  return undefined;
}

/** Fermat's factorisation, 100 rounds. */
function factorsAreClose(modulus: bigint): boolean {
  let middle = squareRoot(modulus);
  if (middle * middle < modulus) middle += 1n;
  for (let round = 0; round < 100; round++, middle += 1n) {
    const square = middle * middle - modulus;
    if (squareCandidates.has(Number(square & 0xffn)) && squareRoot(square) ** 2n === square) return true;
  }
  return false;
}

/** The 44 values that a square can have modulo 256: spares most of the square roots. */
const squareCandidates = new Set(Array.from({ length: 256 }, (_, number) => (number * number) & 0xff));

function squareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let guess = 1n << BigInt(Math.ceil(value.toString(2).length / 2));
  for (;;) {
    const next = (guess + value / guess) >> 1n;
    if (next >= guess) return guess;
    guess = next;
  }
}

function primesBelow(bound: number): readonly number[] {
  const numbers = Array.from({ length: bound - 2 }, (_, index) => index + 2);
  return numbers.filter(number => !numbers.some(other => other * other <= number && number % other === 0));
}

function residuesOf(generator: number, prime: number): ReadonlySet<number> {
  const residues = new Set<number>();
  for (let value = 1; !residues.has(value); value = (value * generator) % prime) residues.add(value);
  return residues;
}
