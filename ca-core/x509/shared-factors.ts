/**
 * Moduli that have a prime in common, by batch GCD (Bernstein; Heninger et al. 2012): a product tree and a remainder tree
 * over a chunk of moduli at a time, each chunk against itself and every other. Two such keys are worth nothing: whoever
 * has both public keys has both private ones.
 */

/** How far it is: trees done, and how many there are. */
export interface AuditProgress {
  readonly done: number;
  readonly of: number;
}

/**
 * Bounds the memory and the time of a step: the product of a chunk of 2048-bit moduli takes 256 octets each, the tree some
 * ten times that, of which one is there at a time.
 */
const usualChunk = 500;

/**
 * For each modulus that shares a prime with another, the greatest divisor in common with all the others; equal moduli
 * count once, since a renewed key is no accident. Yields after every tree, returns a map by modulus.
 */
export function* sharedFactors(
  moduli: readonly bigint[],
  chunkLength = usualChunk,
): Generator<AuditProgress, ReadonlyMap<bigint, bigint>, void> {
  const chunks = chunksOf(Array.from(new Set(moduli)), chunkLength);
  const found = new Map<bigint, bigint>();
  const of = chunks.length ** 2;
  const products = chunks.map(chunk => productOf(productTree(chunk)));
  let done = 0;
  for (const [turn, chunk] of chunks.entries()) {
    const tree = productTree(chunk);
    for (const [other, product] of products.entries()) {
      const divisors = turn === other ? divisorsWithin(tree) : divisorsWith(tree, product);
      chunk.forEach((modulus, index) => {
        const divisor = divisors[index] ?? 1n;
        if (divisor !== 1n) found.set(modulus, leastCommonMultiple(found.get(modulus) ?? 1n, divisor));
      });
      yield { done: ++done, of };
    }
  }
  return found;
}

/** The greatest common divisor of two positive integers. */
export function greatestCommonDivisor(one: bigint, other: bigint): bigint {
  let [left, right] = [one, other];
  while (right !== 0n) [left, right] = [right, left % right];
  return left;
}

/** Levels from the moduli themselves up to their product, each a pairing of the one below. */
type ProductTree = readonly (readonly bigint[])[];

function productTree(moduli: readonly bigint[]): ProductTree {
  const levels: (readonly bigint[])[] = [moduli];
  for (let level = moduli; level.length > 1;) {
    level = Array.from({ length: Math.ceil(level.length / 2) }, (_, at) => productAt(level, at));
    levels.push(level);
  }
  return levels;
}

const productAt = (level: readonly bigint[], at: number): bigint => (level[2 * at] ?? 1n) * (level[2 * at + 1] ?? 1n);
const leavesOf = (tree: ProductTree): readonly bigint[] => tree[0] ?? [];
const productOf = (tree: ProductTree): bigint => tree.at(-1)?.[0] ?? 1n;

/** Each modulus against the product of the others in its chunk: (P mod n²) / n. */
function divisorsWithin(tree: ProductTree): readonly bigint[] {
  const remainders = remaindersOf(productOf(tree), tree, node => node * node);
  return leavesOf(tree).map((modulus, at) => greatestCommonDivisor(modulus, (remainders[at] ?? 0n) / modulus));
}

/** Each modulus against the product of another chunk. */
function divisorsWith(tree: ProductTree, product: bigint): readonly bigint[] {
  const remainders = remaindersOf(product, tree, node => node);
  return leavesOf(tree).map((modulus, at) => greatestCommonDivisor(modulus, remainders[at] ?? 0n));
}

/** A number by every leaf, going down the tree: by the whole first, then by each half. */
function remaindersOf(number: bigint, tree: ProductTree, by: (node: bigint) => bigint): readonly bigint[] {
  let above: readonly bigint[] = [number];
  for (const level of tree.toReversed()) {
    const from = above;
    above = level.map((node, at) => (level.length === 1 ? number : (from[at >> 1] ?? 0n)) % by(node));
  }
  return above;
}

function leastCommonMultiple(one: bigint, other: bigint): bigint {
  return (one / greatestCommonDivisor(one, other)) * other;
}

function chunksOf(moduli: readonly bigint[], length: number): readonly (readonly bigint[])[] {
  return Array.from({ length: Math.ceil(moduli.length / length) }, (_, at) =>
    moduli.slice(at * length, (at + 1) * length),
  );
}
