import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { UnixTime } from '../clock.ts';
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
    }
  | {
      readonly kind: 'crl';
      readonly at: UnixTime;
      readonly crlNumber: number;
      /** SHA-256 of the first list's TBSCertList, hex; `others` are of the other lists with this number. */
      readonly tbs: string;
      readonly others?: readonly string[];
      readonly full?: FullCrl;
    }
  | {
      readonly kind: 'signer';
      readonly at: UnixTime;
      readonly serialNumber: string;
      readonly notAfter: UnixTime;
      readonly tbs: string;
      /** SHA-256 of the statement that asked for it, hex; the ceremony's own certificates have none. */
      readonly statement?: string;
    };

/** The memory that no database row can change: which cases were signed, which serial numbers exist, the last CRL number. */
export interface SignerLog {
  /**
   * What several workers would sign is decided here, one batch at a time: nothing of it is written, and this throws,
   * where a case was signed with another TBS, a serial number or digest is in use, or a CRL number is not the next. What
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
  /** SHA-256 of the key in the certificate with this serial number; looked up in the file, for it is asked seldom. */
  readonly keyOf: (serialNumber: string) => string | undefined;
  /** The last CRL's number and when it was made; number 0 before the first. */
  readonly lastCrl: () => { readonly crlNumber: number; readonly at: UnixTime };
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
    cases: new Map(),
    digests: new Set(),
    ends: new Map(),
    shards: new Map(),
    highestShard: 0,
    crl: { crlNumber: 0, at: 0 },
    fullCrls: [],
  };
  const log = await openSharedLog<SignerLogEntry>(file, entry => remember(memory, entry));
  return {
    append: entries => log.append(entries, wanted => wanted.filter(entry => isNew(memory, entry))),
    follow: log.follow,
    tbsOfCase: caseId => memory.cases.get(caseId),
    hasDigest: digest => memory.digests.has(digest),
    notAfterOf: serialNumber => memory.ends.get(serialNumber),
    keyOf: serialNumber => keyIn(readFileSync(file), serialNumber),
    lastCrl: () => memory.crl,
    fullCrls: () => memory.fullCrls,
    shardOf: serialNumber => memory.shards.get(serialNumber) ?? 0,
    highestShard: () => memory.highestShard,
    close: log.close,
  };
}

function keyIn(lines: Buffer, serialNumber: string): string | undefined {
  const at = lines.indexOf(`"serialNumber":${JSON.stringify(serialNumber)}`);
  const end = at < 0 ? -1 : lines.indexOf(0x0a, at);
  if (end < 0) return undefined;
  const entry = JSON.parse(lines.toString('utf8', lines.lastIndexOf(0x0a, at) + 1, end)) as SignerLogEntry;
  return entry.kind === 'certificate' && entry.serialNumber === serialNumber ? entry.key : undefined;
}

interface Memory {
  readonly cases: Map<string, string>;
  readonly digests: Set<string>;
  readonly ends: Map<string, UnixTime>;
  /** Of certificates that have another than 0. */
  readonly shards: Map<string, number>;
  highestShard: number;
  crl: { readonly crlNumber: number; readonly at: UnixTime };
  fullCrls: NumberedFullCrl[];
}

/** Longer than any CRL is good for (S/MIME BR: 10 days): nobody needs a delta upon an older one. */
const remembered = 11 * 86_400;

function remember(memory: Memory, entry: SignerLogEntry): void {
  if (entry.kind === 'crl') {
    rememberCrl(memory, entry);
    return;
  }
  memory.ends.set(entry.serialNumber, entry.notAfter);
  if (entry.kind === 'signer') {
    if (entry.statement !== undefined) memory.digests.add(entry.statement);
    return;
  }
  memory.cases.set(entry.caseId, entry.tbs);
  memory.digests.add(entry.digest);
  if (entry.shard === undefined) return;
  memory.shards.set(entry.serialNumber, entry.shard);
  memory.highestShard = Math.max(memory.highestShard, entry.shard);
}

function rememberCrl(memory: Memory, { crlNumber, at, full }: SignerLogEntry & { readonly kind: 'crl' }): void {
  if (crlNumber <= memory.crl.crlNumber) return;
  memory.crl = { crlNumber, at };
  if (full === undefined) return;
  memory.fullCrls = [...memory.fullCrls.filter(one => one.at >= at - remembered), { ...full, crlNumber, at }];
}

/** Whether it has to be written. Throws where another worker was there first: the turn fails, and the next one sees why. */
function isNew(memory: Memory, entry: SignerLogEntry): boolean {
  if (entry.kind === 'crl') {
    if (entry.crlNumber !== memory.crl.crlNumber + 1) throw takenBefore(`CRL number ${entry.crlNumber}`);
    return true;
  }
  if (entry.kind === 'certificate') {
    const signed = memory.cases.get(entry.caseId);
    if (signed === entry.tbs) return false;
    if (signed !== undefined || memory.digests.has(entry.digest)) throw takenBefore(`case ${entry.caseId}`);
  }
  if (memory.ends.has(entry.serialNumber)) throw takenBefore(`serial number ${entry.serialNumber}`);
  return true;
}

const takenBefore = (what: string): Error => new Error(`${what} was signed by another worker of this home`);
