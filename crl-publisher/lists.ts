/** Which file a list is published as, and what its place demands of it. */
import type { UnixTime } from '../ca-core/clock.ts';
import type { CertificateRevocationList, CrlScope } from '../ca-core/index.ts';
import type { PublishedIssuer } from './issuers.ts';

export interface PlacedList {
  readonly list: string;
  /** Below the home and below the URL. */
  readonly path: string;
  readonly kind: 'full' | 'delta';
  /** The full list that a delta is put upon; else its own. */
  readonly fullPath: string;
}

/** The place of a list that a row names; undefined for a name that is none. */
export function placeOf({ role, name }: Pick<PublishedIssuer, 'role' | 'name'>, list: string): PlacedList | undefined {
  const [, shard, delta] = /^(all|0|[1-9][0-9]{0,3})(-delta)?$/.exec(list) ?? [];
  if (shard === undefined || (role === 'root' && list !== '0') || list === 'all-delta') return undefined;
  const folder = role === 'root' ? `crl/${name}` : `crl/${name}/${shard}`;
  const kind = delta === undefined ? 'full' : 'delta';
  return { list, path: `${folder}${delta ?? ''}.crl`, kind, fullPath: `${folder}.crl` };
}

/**
 * Whether what is out at a path is a delta past its nextUpdate: it adds nothing to a complete CRL any more (RFC 5280
 * §6.3.3 c), so it is not served. A complete CRL that is over stays: it says at least what was revoked.
 */
export const isDeltaOver = (path: string, { until }: { readonly until: UnixTime }, now: UnixTime): boolean =>
  /-delta\.[a-z]+$/.test(path) && until <= now;

/** A list of one shard says so by the very URL in its certificates; a list of all may stand for the first one. */
export function scopeFor({ fullPath, list, kind }: PlacedList, crl: CertificateRevocationList, url: string): CrlScope {
  const isOfAll = list === 'all' || (crl.distributionPoint === null && /^0(-delta)?$/.test(list));
  return { kind, distributionPoint: isOfAll ? null : `${url}/${fullPath}` };
}
