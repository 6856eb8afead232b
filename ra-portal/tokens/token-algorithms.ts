import type { KeyAlgorithm } from '../../ca-core/index.ts';

/** What tokens can make. */
export const tokenAlgorithms = ['rsa-2048', 'p-256'] as const satisfies readonly KeyAlgorithm[];
export type TokenAlgorithm = (typeof tokenAlgorithms)[number];
