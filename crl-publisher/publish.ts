/** One list on its way out: fetched, checked, put, read back. */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { alone, equalBytes, readAnyCrl, verifyCrl, type FileLock } from '../ca-core/index.ts';
import type { CertificateRevocationList, CrlMark, Store } from '../ca-core/index.ts';
import type { Clock } from '../ca-core/clock.ts';
import { PkiError, type Violation } from '../ca-core/errors.ts';
import type { Log } from '../ca-core/log.ts';
import { checkCrl } from './check-crl.ts';
import type { PublishedIssuer } from './issuers.ts';
import { scopeFor, type PlacedList } from './lists.ts';
import { putFile, writeBeside, type BesideFile } from './put-file.ts';
import { checkVanished } from './vanished.ts';

export interface PublishParts {
  readonly store: Pick<Store, 'audit' | 'certificates' | 'crls' | 'status'>;
  /** Folder of the public files. */
  readonly home: string;
  /** Folders that get the same files, each a distribution point of its own. */
  readonly copies: readonly string[];
  /** Origin where relying parties reach the files. */
  readonly url: string;
  /** Held where a file takes its place: several publishers may write into one folder. */
  readonly lock: FileLock;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ListToPublish {
  readonly mark: CrlMark;
  readonly place: PlacedList;
  readonly issuer: PublishedIssuer;
}

/** The CRL that is out at a path, undefined before the first; a file that the issuer did not sign counts as none. */
export async function publishedCrl(
  home: string,
  path: string,
  { issuer, log }: { readonly issuer: PublishedIssuer; readonly log: Log },
): Promise<CertificateRevocationList | undefined> {
  try {
    const crl = readAnyCrl(await readFile(join(home, path)));
    if (verifyCrl(crl, issuer.certificate.subjectPublicKeyInfo)) return crl;
    log.error({ file: path }, 'the CRL that is out was not signed by the CA');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    if (!(error instanceof PkiError)) throw error;
    log.error({ file: path, err: error }, 'the CRL that is out cannot be read');
  }
  return undefined;
}

/** The CRL that is out afterwards: the mark's where it is newer. Throws crlInvalid with every reason against it. */
export async function publishList(list: ListToPublish, parts: PublishParts): Promise<CertificateRevocationList> {
  const { mark, place, issuer } = list;
  const { home, log, store } = parts;
  const current = await publishedCrl(home, place.path, { issuer, log });
  if (current !== undefined && current.crlNumber === BigInt(mark.crlNumber)) return current;
  const beside = await writeBeside(join(home, place.path), store.crls.octets(mark, place.list));
  try {
    const crl = readAnyCrl(beside.bytes);
    if (current !== undefined && equalBytes(current.der, crl.der)) return current;
    await check(crl, current, list, parts);
    await takePlace(beside, crl, list, parts);
    await tell(crl, list, parts);
    return crl;
  } finally {
    await beside.drop();
  }
}

async function check(
  crl: CertificateRevocationList,
  current: CertificateRevocationList | undefined,
  { place, issuer }: ListToPublish,
  { home, clock, store, url, log }: PublishParts,
): Promise<void> {
  const full = place.kind === 'delta' ? await publishedCrl(home, place.fullPath, { issuer, log }) : undefined;
  const scope = scopeFor(place, crl, url);
  refuse(checkCrl(crl, { issuer: issuer.certificate, scope, current, full, now: clock.now() }));
  if (current === undefined || place.kind === 'delta') return;
  refuse(await checkVanished(crl, current, { ...store, issuer: issuer.certificate, ca: issuer.id }));
}

/** Another publisher may have put a newer one meanwhile: that one stays. What was put is read back from every folder. */
async function takePlace(
  beside: BesideFile,
  crl: CertificateRevocationList,
  { place }: ListToPublish,
  { home, copies, lock }: PublishParts,
): Promise<void> {
  const path = join(home, place.path);
  const isPut = await alone(lock, () => {
    const isNewest = !isNewer(path, crl);
    if (isNewest) beside.takePlace();
    return isNewest;
  });
  if (!isPut) return;
  await beside.settle();
  for (const folder of copies) await putFile(join(folder, place.path), beside.bytes);
  for (const folder of [home, ...copies]) {
    if (!(await readFile(join(folder, place.path))).equals(beside.bytes))
      throw new PkiError('crlInvalid', { reason: `what lies in ${folder} is not what was put`, file: place.path });
  }
}

/** Whether what is out has this number or a higher one; what cannot be read has none. */
function isNewer(path: string, { crlNumber }: CertificateRevocationList): boolean {
  try {
    return readAnyCrl(readFileSync(path)).crlNumber >= crlNumber;
  } catch {
    return false;
  }
}

async function tell(
  crl: CertificateRevocationList,
  { place, issuer }: ListToPublish,
  { store, clock, log }: PublishParts,
): Promise<void> {
  await store.audit.note({
    at: clock.now(),
    service: 'crl-publisher',
    action: 'crl.published',
    actor: 'crl-publisher',
    subject: `${issuer.name} ${crl.crlNumber.toString()}`,
    details: { thisUpdate: crl.thisUpdate.toString(), list: place.list },
  });
  log.info({ issuer: issuer.name, list: place.list, crlNumber: crl.crlNumber.toString() }, 'a CRL was published');
}

function refuse(violations: readonly Violation[]): void {
  if (violations.length === 0) return;
  const reasons = violations.slice(0, 20).map(({ rule, field, found }) => `${rule} ${field} ${found ?? ''}`.trim());
  throw new PkiError('crlInvalid', { reasons });
}
