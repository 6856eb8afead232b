/**
 * Known weaknesses of RSA moduli that a CA must refuse and can see from the public key alone (S/MIME BR §6.1.1.3,
 * §6.1.6). The modulus is divided by a few products of small primes; everything after that is arithmetic on residues
 * below 2^53, so that a modulus of 2048 bits takes some 20 µs.
 */

export type RsaWeakness = 'modulusEven' | 'modulusSmallFactor' | 'modulusRoca' | 'modulusCloseFactors';

/** Rounds of Fermat's factorisation; the TLS Baseline Requirements (§6.1.1.3) ask for 100. */
const fermatRounds = 100;

const oddPrimes = primesBelow(752).filter(prime => prime > 2);
const primeGroups = groupsOf(oddPrimes);
/** The primes whose quadratic residues say that a difference is no square. */
const sievePrimes = primeGroups[0]?.primes ?? [];
const sieveProduct = primeGroups[0]?.product ?? 1n;

/** What is wrong with this modulus, or undefined. */
export function rsaWeakness(modulus: bigint): RsaWeakness | undefined {
  if (modulus % 2n === 0n) return 'modulusEven';
  const residues = residuesOf(modulus);
  if (residues.includes(0)) return 'modulusSmallFactor';
  if (rocaPowers.every((powers, index) => powers.has(residues[index] ?? 0))) return 'modulusRoca';
  if (factorsAreClose(modulus)) return 'modulusCloseFactors';
  return undefined;
}

/** The modulus by each odd prime below 752, in their order. */
function residuesOf(modulus: bigint): readonly number[] {
  const residues: number[] = [];
  for (const { product, primes } of primeGroups) {
    const rest = Number(modulus % product);
    for (const prime of primes) residues.push(rest % prime);
  }
  return residues;
}

/** ROCA (CVE-2017-15361): by every odd prime up to 167 such a modulus is a power of 65537; an honest one never is by all. */
const rocaPowers = oddPrimes.filter(prime => prime <= 167).map(prime => powersOf(65_537 % prime, prime));

/**
 * Fermat's factorisation: with factors close to each other, middle² − modulus is a square for a middle not far above
 * the square root. Whether it may be one is asked of residues first; a root is drawn almost never.
 */
function factorsAreClose(modulus: bigint): boolean {
  const root = squareRoot(modulus);
  const first = root * root < modulus ? root + 1n : root;
  const [middleRest, modulusRest] = [Number(first % sieveProduct), Number(modulus % sieveProduct)];
  for (let round = 0; round < fermatRounds; round++) {
    if (!sievePrimes.every((prime, index) => isSquareBy(index, prime, middleRest + round, modulusRest))) continue;
    const middle = first + BigInt(round);
    const difference = middle * middle - modulus;
    if (squareRoot(difference) ** 2n === difference) return true;
  }
  return false;
}

const squares = sievePrimes.map(
  prime => new Set(Array.from({ length: prime }, (_, number) => (number * number) % prime)),
);

function isSquareBy(index: number, prime: number, middle: number, modulus: number): boolean {
  const rest = middle % prime;
  return squares[index]?.has((rest * rest - (modulus % prime) + prime) % prime) ?? true;
}

/** Newton's method from above, begun with the 50 leading bits that a float knows. */
function squareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  const bits = value.toString(16).length * 4;
  const shift = BigInt(Math.max(0, bits - 104) & ~1);
  let guess = (BigInt(Math.ceil(Math.sqrt(Number(value >> shift)) * (1 + 2 ** -48))) + 1n) << (shift / 2n);
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

interface PrimeGroup {
  readonly primes: readonly number[];
  readonly product: bigint;
}

/** The primes in their order, as many together as keep a residue by their product exact in a number. */
function groupsOf(primes: readonly number[]): readonly PrimeGroup[] {
  const groups: { primes: number[]; product: number }[] = [];
  for (const prime of primes) {
    const last = groups.at(-1);
    if (last === undefined || last.product * prime > Number.MAX_SAFE_INTEGER)
      groups.push({ primes: [prime], product: prime });
    else {
      last.primes.push(prime);
      last.product *= prime;
    }
  }
  return groups.map(group => ({ primes: group.primes, product: BigInt(group.product) }));
}

function powersOf(generator: number, prime: number): ReadonlySet<number> {
  const powers = new Set<number>();
  for (let value = 1; !powers.has(value); value = (value * generator) % prime) powers.add(value);
  return powers;
}
