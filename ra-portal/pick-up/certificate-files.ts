import { equalBytes, readCertificate, type Store } from '../../ca-core/index.ts';

/** Issuing CA first, then the root: the order in which a chain is read (RFC 5280 §6.1). DER. */
export async function chainOf(ca: Store, issuerId: string): Promise<readonly Uint8Array[]> {
  const issuers = await ca.issuers.list();
  const issuing = issuers.find(({ id }) => id === issuerId);
  if (issuing === undefined) return [];
  const { issuer } = readCertificate(issuing.certificate);
  const root = issuers.find(one => one.role === 'root' && equalBytes(readCertificate(one.certificate).subject, issuer));
  return [issuing, ...(root === undefined ? [] : [root])].map(one => one.certificate);
}

/** RFC 7468. */
export function pemOf(der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}
