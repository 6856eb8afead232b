import { createHash, randomInt } from 'node:crypto';
import type { UnixTime } from '../clock.ts';
import { LineIndex, type IndexedBy } from './line-index.ts';
import { openSharedLog } from './shared-log.ts';

/** Of a number under which full CRLs were made: what a delta may go with. */
export interface FullCrl {
  /** How many decisions of the status journal are in it. */
  readonly decisions: number;
  /** On all lists together. */
  readonly entries: number;
  /** Whether it is in parts, each with its distribution point. */
  readonly isSharded: boolean;
}

export interface NumberedFullCrl extends FullCrl {
  readonly crlNumber: number;
  readonly at: UnixTime;
}

/** What the CA's key is about to sign, written down outside the database before it does. */
export type SignerLogEntry =
  | {
      readonly kind: 'certificate';
      readonly at: UnixTime;
      readonly caseId: string;
      readonly digest: string;
      readonly serialNumber: string;
      readonly notAfter: UnixTime;
      /** SHA-256 of the TBSCertificate, hex. */
      readonly tbs: string;
      /** SHA-256 of the SubjectPublicKeyInfo, hex; the first logs lack it. */
      readonly key?: string;
      /** The shard in its CDP; 0 where it is not written. */
      readonly shard?: number;
      /** Its profile and the TBSCertificate itself, base64, from which it is put back where a restore lost it; the first logs lack both. */
      readonly profile?: string;
      readonly tbsCertificate?: string;
    }
  | {
      /** A certificate that this log had lost (recovery/): all that is known of it. */
      readonly kind: 'lost';
      readonly at: UnixTime;
      readonly serialNumber: string;
      readonly notAfter: UnixTime;
      readonly tbs?: undefined;
    }
  | {
      readonly kind: 'crl';
      readonly at: UnixTime;
      readonly crlNumber: number;
      /** SHA-256 of the first list's TBSCertList, hex; `others` are of the other lists with this number. */
      readonly tbs: string;
      readonly others?: readonly string[];
      readonly full?: FullCrl;
      /** It was found published: this log had lost it, and perhaps others before it. */
      readonly found?: true;
    }
  | {
      readonly kind: 'signer';
      readonly at: UnixTime;
      readonly serialNumber: string;
      readonly notAfter: UnixTime;
      readonly tbs: string;
      /** SHA-256 of the statement that asked for it, hex; the ceremony's own certificates have none. */
      readonly statement?: string;
      /** What was asked and the TBSCertificate itself, hex: it is these that are finished after a crash. */
      readonly request?: string;
      readonly tbsCertificate?: string;
    };

/** The memory that no database row can change: which cases were signed, which serial numbers exist, the last CRL number. */
export interface SignerLog {
  /**
   * What several workers would sign is decided here, one batch at a time: nothing of it is written, and this throws,
   * where a case was signed with another TBS, a serial number or digest is in use, or a CRL number is not the next (or, of
   * one that was found, not higher). What
   * stands there already, because an earlier run wrote it, is not written twice.
   */
  readonly append: (entries: readonly SignerLogEntry[]) => Promise<void>;
  /** Reads what other workers of this home appended: before the checks that ask below. */
  readonly follow: () => void;
  /** SHA-256 of the TBS that was signed for this case, or nothing. */
  readonly tbsOfCase: (caseId: string) => string | undefined;
  /** Whether this case document, or this responder's statement, was signed for. */
  readonly hasDigest: (digest: string) => boolean;
  /** notAfter of the certificate with this serial number, or nothing where this CA never signed one. */
  readonly notAfterOf: (serialNumber: string) => UnixTime | undefined;
  /** SHA-256 of the key in the certificate with this serial number. */
  readonly keyOf: (serialNumber: string) => string | undefined;
  /** The last CRL's number, when it was made and SHA-256 of its TBSCertList; number 0 before the first. */
  readonly lastCrl: () => { readonly crlNumber: number; readonly at: UnixTime; readonly tbs: string };
  /** The responder's last certificate. */
  readonly lastSigner: () => (SignerLogEntry & { readonly kind: 'signer' }) | undefined;
  /** Full CRLs of the last days, oldest first, the last one always. */
  readonly fullCrls: () => readonly NumberedFullCrl[];
  /** The shard in the CDP of the certificate with this serial number. */
  readonly shardOf: (serialNumber: string) => number;
  /** The highest shard that ever stood in a CDP. */
  readonly highestShard: () => number;
  readonly close: () => Promise<void>;
}

export const tbsHash = (tbs: Uint8Array): string => createHash('sha256').update(tbs).digest('hex');
/** How a key is remembered: SHA-256 of its SubjectPublicKeyInfo, hex. */
export const keyHash = (subjectPublicKeyInfo: Uint8Array): string =>
  createHash('sha256').update(subjectPublicKeyInfo).digest('hex');

export async function openSignerLog(file: string): Promise<SignerLog> {
  const memory: Memory = {
    index: new LineIndex(randomInt(2 ** 32)),
    highestShard: 0,
    crl: { crlNumber: 0, at: 0, tbs: '' },
    fullCrls: [],
    signer: undefined,
  };
  const log = await openSharedLog<SignerLogEntry>(file, (entry, offset) => remember(memory, entry, offset));
  const lookUp: LookUp = (by, key) => {
    for (const offset of memory.index.find(by, key)) {
      const entry = log.at(offset);
      if (entry.kind !== 'crl' && keysOf(entry)[by] === key) return entry;
    }
    return undefined;
  };
  const certificateWith = (by: IndexedBy, key: string): CertificateEntry | undefined => {
    const entry = lookUp(by, key);
    return entry?.kind === 'certificate' ? entry : undefined;
  };
  return {
    append: entries => log.append(entries, wanted => wanted.filter(entry => isNew(memory, entry, lookUp))),
    follow: log.follow,
    tbsOfCase: caseId => lookUp('case', caseId)?.tbs,
    hasDigest: digest => lookUp('digest', digest) !== undefined,
    notAfterOf: serialNumber => lookUp('serialNumber', serialNumber)?.notAfter,
    keyOf: serialNumber => certificateWith('serialNumber', serialNumber)?.key,
    lastCrl: () => memory.crl,
    lastSigner: () => memory.signer,
    fullCrls: () => memory.fullCrls,
    shardOf: serialNumber => certificateWith('serialNumber', serialNumber)?.shard ?? 0,
    highestShard: () => memory.highestShard,
    close: log.close,
  };
}

type CertificateEntry = SignerLogEntry & { readonly kind: 'certificate' };
type SignerEntry = SignerLogEntry & { readonly kind: 'signer' };
type IndexedEntry = Exclude<SignerLogEntry, { readonly kind: 'crl' }>;
type LookUp = (by: IndexedBy, key: string) => IndexedEntry | undefined;

/** Of certificates only where they stand in the file is kept: the lines themselves would fill the memory. */
interface Memory {
  readonly index: LineIndex;
  highestShard: number;
  crl: ReturnType<SignerLog['lastCrl']>;
  fullCrls: NumberedFullCrl[];
  signer: SignerEntry | undefined;
}

function keysOf(entry: IndexedEntry): Readonly<Partial<Record<IndexedBy, string>>> {
  const { serialNumber } = entry;
  if (entry.kind === 'lost') return { serialNumber };
  if (entry.kind === 'certificate') return { serialNumber, case: entry.caseId, digest: entry.digest };
  return entry.statement === undefined ? { serialNumber } : { serialNumber, digest: entry.statement };
}

/** Longer than any CRL is good for (S/MIME BR: 10 days): nobody needs a delta upon an older one. */
const remembered = 11 * 86_400;

function remember(memory: Memory, entry: SignerLogEntry, offset: number): void {
  if (entry.kind === 'crl') {
    rememberCrl(memory, entry);
    return;
  }
  const line = memory.index.addLine(offset);
  for (const [by, key] of Object.entries(keysOf(entry))) memory.index.addKey(by as IndexedBy, key, line);
  if (entry.kind === 'signer') memory.signer = entry;
  else if (entry.kind === 'certificate') memory.highestShard = Math.max(memory.highestShard, entry.shard ?? 0);
}

function rememberCrl(memory: Memory, { crlNumber, at, tbs, full }: SignerLogEntry & { readonly kind: 'crl' }): void {
  if (crlNumber <= memory.crl.crlNumber) return;
  memory.crl = { crlNumber, at, tbs };
  if (full === undefined) return;
  memory.fullCrls = [...memory.fullCrls.filter(one => one.at >= at - remembered), { ...full, crlNumber, at }];
}

/** Whether it has to be written. Throws where another worker was there first: the turn fails, and the next one sees why. */
function isNew(memory: Memory, entry: SignerLogEntry, lookUp: LookUp): boolean {
  if (entry.kind === 'crl') {
    const isNext =
      entry.found === true ? entry.crlNumber > memory.crl.crlNumber : entry.crlNumber === memory.crl.crlNumber + 1;
    if (!isNext) throw takenBefore(`CRL number ${entry.crlNumber}`);
    return true;
  }
  if (entry.kind === 'certificate') {
    const signed = lookUp('case', entry.caseId)?.tbs;
    if (signed === entry.tbs) return false;
    if (signed !== undefined || lookUp('digest', entry.digest)) throw takenBefore(`case ${entry.caseId}`);
  }
  if (lookUp('serialNumber', entry.serialNumber)) throw takenBefore(`serial number ${entry.serialNumber}`);
  return true;
}

const takenBefore = (what: string): Error => new Error(`${what} was signed by another worker of this home`);
