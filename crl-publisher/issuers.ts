/** The CA certificates that are out, and which the publisher holds CRLs to: once out, the database cannot change them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { equalBytes, readCertificate, verifyCertificate } from '../ca-core/index.ts';
import type { Certificate, IssuerRow, Store } from '../ca-core/index.ts';
import { PkiError } from '../ca-core/errors.ts';
import { putFile } from './put-file.ts';

export interface PublishedIssuer {
  readonly id: string;
  readonly name: string;
  readonly role: 'root' | 'issuing';
  readonly certificate: Certificate;
}

/** Puts each CA certificate into `ca/`. Throws notInitialised before the ceremony, crlInvalid where one is not what is out. */
export async function publishIssuers(
  home: string,
  issuers: Pick<Store['issuers'], 'list'>,
  copies: readonly string[] = [],
): Promise<PublishedIssuer[]> {
  const rows = await issuers.list();
  const roots = rows.filter(({ role }) => role === 'root');
  if (roots.length === 0 || !rows.some(({ role }) => role === 'issuing')) throw new PkiError('notInitialised');
  const rootKeys = roots.map(root => readCertificate(root.certificate).subjectPublicKeyInfo);
  const published: PublishedIssuer[] = [];
  for (const row of rows) published.push(await publishIssuer(home, row, rootKeys));
  for (const folder of copies) {
    for (const { name, certificate } of published) await putFile(join(folder, 'ca', `${name}.cer`), certificate.der);
  }
  return published;
}

async function publishIssuer(home: string, row: IssuerRow, rootKeys: readonly Uint8Array[]): Promise<PublishedIssuer> {
  const { id, name, role } = row;
  const certificate = readCertificate(row.certificate);
  if (!/^[a-z0-9-]{1,64}$/.test(name)) throw changed(name, 'its name is not fit for a URL');
  if (!rootKeys.some(rootKey => verifyCertificate(certificate, rootKey)))
    throw changed(name, 'it was not signed by the root');
  const file = join(home, 'ca', `${name}.cer`);
  const out = await readFile(file).catch(() => undefined);
  if (out !== undefined && !equalBytes(out, certificate.der)) throw changed(name, 'another one has been published');
  if (out === undefined) await putFile(file, certificate.der);
  return { id, name, role, certificate };
}

function changed(name: string, reason: string): PkiError {
  return new PkiError('crlInvalid', { reason: `the certificate of ${name}: ${reason}` });
}
