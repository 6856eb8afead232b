import type { Store } from '../../ca-core/index.ts';

/** Issuing CA first, then the root: the order in which a chain is read (RFC 5280 §6.1). DER. */
export async function chainOf(ca: Store): Promise<readonly Uint8Array[]> {
  const issuers = await ca.issuers.list();
  return ['issuing', 'root'].flatMap(name =>
    issuers.filter(issuer => issuer.name === name).map(issuer => issuer.certificate),
  );
}

/** RFC 7468. */
export function pemOf(der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}
