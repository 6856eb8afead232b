/** Into which lists a CA's CRL is divided, and what they are called (RFC 5280 §5.2.4 – §5.2.6). */
import type { NumberedFullCrl } from './home/signer-log.ts';
import { readCrlDistributionPoints } from './x509/extension-values.ts';
import { oids } from './x509/oids.ts';
import type { TbsCertificateFields } from './x509/certificate.ts';

/** Where a new certificate's status is published: which of the shards, by its serial number, which is random. */
export function shardFor(serialNumber: string, shards: number): number {
  return Number.parseInt(serialNumber.slice(-6), 16) % shards;
}

/** The shard in a certificate's CDP, where it stays; 0 for one without. */
export function shardIn({ extensions }: Pick<TbsCertificateFields, 'extensions'>): number {
  const points = extensions.get(oids.cRLDistributionPoints);
  const [url = ''] = points === undefined ? [] : readCrlDistributionPoints(points.value);
  return Number(/\/(\d{1,4})\.crl$/.exec(url)?.[1] ?? 0);
}

export interface ListPlan {
  /** `0`, `0-delta`, `all`: the last part of its URL, without `.crl`. */
  readonly name: string;
  /** Only certificates of this shard; null for all. */
  readonly shard: number | null;
  readonly distributionPoint?: string | undefined;
  readonly freshestCrl?: string | undefined;
  /** A delta: what changed since this one. */
  readonly base?: NumberedFullCrl | undefined;
}

export interface ListsWish {
  /** Full lists with their deltas, or only deltas. */
  readonly kind: 'full' | 'delta';
  readonly shards: number;
  /** What the deltas go with; none where there is no earlier full CRL, or no deltas are wanted. */
  readonly base: NumberedFullCrl | undefined;
  readonly url: (shard: number) => string;
}

/** The complete list comes first. It alone has no issuingDistributionPoint; with one shard it is that shard's. */
export function planLists({ kind, shards, base, url }: ListsWish): readonly ListPlan[] {
  const isSharded = shards > 1;
  const lists: ListPlan[] = kind === 'full' && isSharded ? [{ name: 'all', shard: null }] : [];
  for (let number = 0; number < shards; number++) {
    const scope = isSharded ? { shard: number, distributionPoint: url(number) } : { shard: null };
    const freshestCrl = base === undefined ? undefined : deltaUrl(url(number));
    if (kind === 'full') lists.push({ name: String(number), ...scope, freshestCrl });
    if (base !== undefined) lists.push({ name: `${number}-delta`, ...scope, base });
  }
  return lists;
}

/** Where the delta is that goes with the CRL of this URL. */
export const deltaUrl = (url: string): string => url.replace(/\.crl$/, '-delta.crl');
