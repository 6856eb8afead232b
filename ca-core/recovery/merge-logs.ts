/** What other places still know of the home's own logs: older or newer copies of them, and the rows of the database. */
import { join } from 'node:path';
import { PkiError, refusalOf } from '../errors.ts';
import type { Ca } from '../ca.ts';
import type { BlockEntry } from '../home/blocked-keys.ts';
import type { JournalEntry } from '../home/journal-entry.ts';
import { linesOfLog } from '../home/log-lines.ts';
import { keyHash, tbsHash, type SignerLogEntry } from '../home/signer-log.ts';
import { shardIn } from '../crl-lists.ts';
import type { CertificateRow } from '../store/certificates.ts';
import type { RecoveryStore } from '../store/recovery.ts';
import { readCertificate, verifyCertificate, type Certificate } from '../x509/certificate.ts';
import { toHex } from '../x509/der.ts';
import { folderOf } from './ca-folders.ts';

/** How many lines were new to the home. */
export interface MergedLogs {
  readonly signed: number;
  readonly decided: number;
}

/** `copy`: a `ca` folder of another time or disk. What contradicts the home's own log is left out: that one is believed. */
export async function mergeLogCopy(ca: Ca, copy: string): Promise<MergedLogs> {
  const { signerLog, statusJournal } = ca.home;
  const { folder } = folderOf(ca);
  let [signed, decided] = [0, 0];
  for await (const entry of linesOfLog<SignerLogEntry>(join(copy, folder, 'signer.log'))) {
    if (!isNew(ca, entry)) continue;
    await signerLog.append([entry.kind === 'crl' ? foundCrl(entry) : entry]);
    signed += 1;
  }
  for await (const entry of linesOfLog<JournalEntry>(join(copy, folder, 'status.log'))) {
    if (statusJournal.hasDigest(entry.digest) || isOutdated(ca, entry)) continue;
    await statusJournal.append([{ entry, last: statusJournal.of(entry.serialNumber) }]);
    decided += 1;
  }
  return { signed, decided };
}

/** Whether the journal knows better: nothing follows a revocation for good, nor an older hold or release what came later. */
function isOutdated({ home: { statusJournal } }: Ca, entry: JournalEntry): boolean {
  const last = statusJournal.of(entry.serialNumber);
  if (last === undefined) return false;
  if (!isForGood(entry)) return isForGood(last) || entry.at < last.at;
  // Said again only for the key's sake, which a CRL does not name.
  return isForGood(last) && (entry.key === undefined || statusJournal.isCompromised(entry.key));
}

const isForGood = ({ change, reason }: JournalEntry): boolean => change === 'revoked' && reason !== 'certificateHold';

/** Blocks of keys, and their ends, that the home has lost, in the copy's order; a key that the home blocked later stays blocked. How many. */
export async function mergeBlockedKeys({ home: { blockedKeys } }: Ca, copy: string): Promise<number> {
  let merged = 0;
  for await (const entry of linesOfLog<BlockEntry>(join(copy, 'blocked-keys.log'))) {
    if (blockedKeys.hasDigest(entry.digest)) continue;
    const isMeant = (key: string): boolean => (blockedKeys.of(key)?.at ?? Infinity) <= entry.at;
    const keys = entry.change === 'blocked' ? entry.keys : entry.keys.filter(isMeant);
    if (keys.length === 0) continue;
    await blockedKeys.append({ ...entry, keys });
    merged += 1;
  }
  return merged;
}

/** How much of the journal was in a full list is another journal's count: no delta goes with it. */
function foundCrl({ at, crlNumber, tbs, others = [] }: SignerLogEntry & { readonly kind: 'crl' }): SignerLogEntry {
  return { kind: 'crl', at, crlNumber, tbs, others, found: true };
}

function isNew({ home: { signerLog } }: Ca, entry: SignerLogEntry): boolean {
  if (entry.kind === 'crl') return entry.crlNumber > signerLog.lastCrl().crlNumber;
  if (signerLog.notAfterOf(entry.serialNumber) !== undefined) return false;
  if (entry.kind !== 'certificate') return true;
  return signerLog.tbsOfCase(entry.caseId) === undefined && !signerLog.hasDigest(entry.digest);
}

const rowsAtOnce = 500;

/** Certificates that the CA signed, that the database has and the signer log has lost. How many. */
export async function mergeRows(ca: Ca, recovery: RecoveryStore): Promise<number> {
  let merged = 0;
  let newestSigner: Certificate | undefined;
  for (let after = '', isLast = false; !isLast;) {
    const rows = await ca.store.certificates.page(ca.id, after, rowsAtOnce);
    const lost = rows.flatMap(row => lostIn(ca, row));
    const digests = await recovery.digestsOf(lost.flatMap(({ row }) => row.caseId ?? []));
    const lines = lost.map(one => lineOf(ca, one, digests));
    await ca.home.signerLog.append(lines);
    merged += lines.length;
    for (const { row, certificate } of lost)
      if (row.caseId === null && certificate.notBefore >= (newestSigner?.notBefore ?? 0)) newestSigner = certificate;
    after = rows.at(-1)?.serialNumber ?? '';
    isLast = rows.length < rowsAtOnce;
  }
  if (newestSigner !== undefined) await pinAgain(ca, newestSigner);
  return merged;
}

/** Certificates of this CA that somebody brought and the signer log has lost: whose they are the certificate says, of which case nobody. */
export async function mergeBrought(ca: Ca, certificates: readonly Certificate[]): Promise<void> {
  const unknown = certificates.filter(({ serialNumber }) => ca.home.signerLog.notAfterOf(serialNumber) === undefined);
  const lost = unknown.map(certificate => ({
    certificate,
    row: { serialNumber: certificate.serialNumber, caseId: `found-${certificate.serialNumber}`, profile: 'unknown' },
  }));
  const bySerial = new Map(lost.map(one => [one.row.serialNumber, one]));
  await ca.home.signerLog.append([...bySerial.values()].map(one => lineOf(ca, one, new Map())));
}

interface LostCertificate {
  readonly row: Pick<CertificateRow, 'serialNumber' | 'caseId' | 'profile'>;
  readonly certificate: Certificate;
}

function lostIn(ca: Ca, row: CertificateRow): LostCertificate[] {
  const { signerLog } = ca.home;
  if (signerLog.notAfterOf(row.serialNumber) !== undefined) return [];
  const certificate = ownCertificate(ca, row.certificate);
  const isOwn = certificate?.serialNumber === row.serialNumber;
  const isOther = row.caseId !== null && signerLog.tbsOfCase(row.caseId) !== undefined;
  return certificate === undefined || !isOwn || isOther ? [] : [{ row, certificate }];
}

/** Nothing where this CA did not sign it. */
export function ownCertificate(ca: Ca, der: Uint8Array): Certificate | undefined {
  try {
    const certificate = readCertificate(der);
    return verifyCertificate(certificate, ca.issuer.certificate.subjectPublicKeyInfo) ? certificate : undefined;
  } catch (error) {
    if (!(error instanceof PkiError)) refusalOf(error);
    return undefined;
  }
}

function lineOf(ca: Ca, { row, certificate }: LostCertificate, digests: ReadonlyMap<string, string>): SignerLogEntry {
  const at = ca.clock.now();
  const { serialNumber, caseId, profile } = row;
  const { notAfter, tbs } = certificate;
  if (caseId === null)
    return { kind: 'signer', at, serialNumber, notAfter, tbs: tbsHash(tbs), tbsCertificate: toHex(tbs) };
  const shard = shardIn(certificate);
  return {
    kind: 'certificate',
    at,
    caseId,
    digest: digests.get(caseId) ?? tbsHash(certificate.der),
    serialNumber,
    notAfter,
    tbs: tbsHash(tbs),
    key: keyHash(certificate.subjectPublicKeyInfo),
    ...(shard === 0 ? {} : { shard }),
    profile,
    tbsCertificate: Buffer.from(tbs).toString('base64'),
  };
}

/** The responder renewed its key since: its newest certificate says by which one. */
async function pinAgain({ home: { anchors } }: Ca, { subjectPublicKeyInfo }: Certificate): Promise<void> {
  const publicKey = toHex(subjectPublicKeyInfo);
  const newest = anchors.signers.newest();
  if (newest?.content.publicKey !== publicKey) await anchors.signers.add((newest?.number ?? 0) + 1, { publicKey });
}
