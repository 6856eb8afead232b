/** One CRL on its way out: fetched, checked and put. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { equalBytes, readCrl, verifyCrl } from '../ca-core/index.ts';
import type { CertificateRevocationList, CrlRow, Store } from '../ca-core/index.ts';
import type { Clock } from '../ca-core/clock.ts';
import { PkiError, type Violation } from '../ca-core/errors.ts';
import type { Log } from '../ca-core/log.ts';
import { checkCrl } from './check-crl.ts';
import type { PublishedIssuer } from './issuers.ts';
import { putFile } from './put-file.ts';
import { checkVanished } from './vanished.ts';

export interface PublishParts {
  readonly store: Pick<Store, 'audit' | 'certificates' | 'crls' | 'status'>;
  /** Folder of the public files. */
  readonly home: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Where an issuer's CRL lies below the home and below the URL. */
export function crlPath({ role, name }: Pick<PublishedIssuer, 'role' | 'name'>): string {
  return role === 'root' ? `crl/${name}.crl` : `crl/${name}/0.crl`;
}

/** The CRL that is out, undefined before the first; a file that the issuer did not sign counts as none. */
export async function publishedCrl(
  home: string,
  issuer: PublishedIssuer,
  log: Log,
): Promise<CertificateRevocationList | undefined> {
  try {
    const crl = readCrl(await readFile(join(home, crlPath(issuer))));
    if (verifyCrl(crl, issuer.certificate.subjectPublicKeyInfo)) return crl;
    log.error({ file: crlPath(issuer) }, 'the CRL that is out was not signed by the CA');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    if (!(error instanceof PkiError)) throw error;
    log.error({ file: crlPath(issuer), err: error }, 'the CRL that is out cannot be read');
  }
  return undefined;
}

/** The CRL that is out afterwards: `row` where it is newer. Throws crlInvalid with every reason against it. */
export async function publishCrl(
  row: CrlRow,
  issuer: PublishedIssuer,
  parts: PublishParts,
): Promise<CertificateRevocationList> {
  const { home, clock, store, log } = parts;
  const current = await publishedCrl(home, issuer, log);
  if (current !== undefined && equalBytes(current.der, row.crl)) return current;
  const crl = readCrl(row.crl);
  refuse(checkCrl(crl, { issuer: issuer.certificate, current, now: clock.now() }));
  if (current !== undefined) {
    refuse(await checkVanished(crl, current, { ...store, issuer: issuer.certificate, ca: issuer.id }));
  }
  await putFile(join(home, crlPath(issuer)), crl.der);
  await store.audit.note({
    at: clock.now(),
    service: 'crl-publisher',
    action: 'crl.published',
    actor: 'crl-publisher',
    subject: `${issuer.name} ${crl.crlNumber.toString()}`,
    details: { thisUpdate: crl.thisUpdate.toString() },
  });
  log.info({ issuer: issuer.name, crlNumber: crl.crlNumber.toString() }, 'a CRL was published');
  return crl;
}

function refuse(violations: readonly Violation[]): void {
  if (violations.length === 0) return;
  const reasons = violations.slice(0, 20).map(({ rule, field, found }) => `${rule} ${field} ${found ?? ''}`.trim());
  throw new PkiError('crlInvalid', { reasons });
}
