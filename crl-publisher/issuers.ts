/** The CA certificates that are out, and which the publisher holds CRLs to: once out, the database cannot change them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { equalBytes, readCertificate, verifyCertificate } from '../ca-core/index.ts';
import type { Certificate, CrossCertificateRow, IssuerRow } from '../ca-core/index.ts';
import { PkiError } from '../ca-core/errors.ts';
import { putFile } from './put-file.ts';

export interface PublishedIssuer {
  readonly id: string;
  readonly name: string;
  readonly role: 'root' | 'issuing';
  readonly certificate: Certificate;
}

/** A new root's key under an old root's. */
export type PublishedCross = Pick<PublishedIssuer, 'name' | 'certificate'>;

export interface Published {
  /** Root first. */
  readonly issuers: readonly PublishedIssuer[];
  readonly crosses: readonly PublishedCross[];
}

export interface IssuerRows {
  readonly issuers: readonly IssuerRow[];
  readonly crosses: readonly CrossCertificateRow[];
}

/**
 * Puts each CA certificate into `ca/`. The first root is learnt from the database; a further one is believed only when
 * its certificate lies in `ca/`, where the ceremony puts it. Throws notInitialised before the ceremony, crlInvalid where
 * one is not what is out, or no root that is out has signed it.
 */
export async function publishIssuers(
  home: string,
  rows: IssuerRows,
  copies: readonly string[] = [],
): Promise<Published> {
  const roots = rows.issuers.filter(({ role }) => role === 'root');
  if (roots.length === 0 || !rows.issuers.some(({ role }) => role === 'issuing')) throw new PkiError('notInitialised');
  const isFirst = (await outOf(home, roots)).length === 0;
  const issuers: PublishedIssuer[] = [];
  for (const row of roots) {
    const { id, name, role } = row;
    if (!isFirst && (await outAt(home, name)) === undefined)
      throw changed(name, `a further root is believed when its certificate lies in ${join(home, 'ca')}`);
    issuers.push({ id, name, role, certificate: await publishOne(home, row, roots) });
  }
  for (const row of rows.issuers) {
    const { id, name, role } = row;
    if (role === 'issuing') issuers.push({ id, name, role, certificate: await publishOne(home, row, roots) });
  }
  const crosses: PublishedCross[] = [];
  for (const row of rows.crosses) crosses.push({ name: row.name, certificate: await publishCross(home, row, roots) });
  for (const folder of copies) {
    for (const { name, certificate } of [...issuers, ...crosses])
      await putFile(join(folder, 'ca', `${name}.cer`), certificate.der);
  }
  return { issuers, crosses };
}

interface NamedCertificate {
  readonly name: string;
  readonly certificate: Uint8Array<ArrayBuffer>;
}

async function publishOne(
  home: string,
  { name, certificate: der }: NamedCertificate,
  roots: readonly IssuerRow[],
): Promise<Certificate> {
  const certificate = readCertificate(der);
  if (!/^[a-z0-9-]{1,64}$/.test(name)) throw changed(name, 'its name is not fit for a URL');
  if (!roots.some(root => verifyCertificate(certificate, readCertificate(root.certificate).subjectPublicKeyInfo)))
    throw changed(name, 'it was not signed by the root');
  const out = await outAt(home, name);
  if (out !== undefined && !equalBytes(out, certificate.der)) throw changed(name, 'another one has been published');
  if (out === undefined) await putFile(join(home, 'ca', `${name}.cer`), certificate.der);
  return certificate;
}

/** The key of one root under the name of another: anything else would be a CA that no ceremony made. */
async function publishCross(home: string, row: NamedCertificate, roots: readonly IssuerRow[]): Promise<Certificate> {
  const { subject, issuer, subjectPublicKeyInfo } = readCertificate(row.certificate);
  const isOfRoot = roots.some(root => {
    const own = readCertificate(root.certificate);
    return equalBytes(own.subject, subject) && equalBytes(own.subjectPublicKeyInfo, subjectPublicKeyInfo);
  });
  if (!isOfRoot || equalBytes(issuer, subject)) throw changed(row.name, 'it is not a root under another root');
  return publishOne(home, row, roots);
}

const outAt = (home: string, name: string): Promise<Uint8Array | undefined> =>
  readFile(join(home, 'ca', `${name}.cer`)).catch(() => undefined);

async function outOf(home: string, rows: readonly IssuerRow[]): Promise<readonly Uint8Array[]> {
  const files = await Promise.all(rows.map(({ name }) => outAt(home, name)));
  return files.filter(file => file !== undefined);
}

function changed(name: string, reason: string): PkiError {
  return new PkiError('crlInvalid', { reason: `the certificate of ${name}: ${reason}` });
}
