import { createHash } from 'node:crypto';
import type { UnixTime } from '../clock.ts';
import { openAppendLog } from './append-log.ts';

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
    }
  | { readonly kind: 'crl'; readonly at: UnixTime; readonly crlNumber: number; readonly tbs: string }
  | {
      readonly kind: 'signer';
      readonly at: UnixTime;
      readonly serialNumber: string;
      readonly notAfter: UnixTime;
      readonly tbs: string;
    };

/** The memory that no database row can change: which cases were signed, which serial numbers exist, the last CRL number. */
export interface SignerLog {
  readonly append: (entries: readonly SignerLogEntry[]) => Promise<void>;
  /** SHA-256 of the TBS that was signed for this case, or nothing. */
  readonly tbsOfCase: (caseId: string) => string | undefined;
  readonly hasDigest: (digest: string) => boolean;
  /** notAfter of the certificate with this serial number, or nothing where this CA never signed one. */
  readonly notAfterOf: (serialNumber: string) => UnixTime | undefined;
  /** The last CRL's number and when it was made; number 0 before the first. */
  readonly lastCrl: () => { readonly crlNumber: number; readonly at: UnixTime };
  readonly close: () => Promise<void>;
}

export const tbsHash = (tbs: Uint8Array): string => createHash('sha256').update(tbs).digest('hex');

export async function openSignerLog(file: string): Promise<SignerLog> {
  const memory = {
    cases: new Map<string, string>(),
    digests: new Set<string>(),
    ends: new Map<string, UnixTime>(),
    crl: { crlNumber: 0, at: 0 },
  };
  const remember = (entry: SignerLogEntry): void => {
    if (entry.kind === 'crl') {
      if (entry.crlNumber > memory.crl.crlNumber) memory.crl = { crlNumber: entry.crlNumber, at: entry.at };
      return;
    }
    memory.ends.set(entry.serialNumber, entry.notAfter);
    if (entry.kind !== 'certificate') return;
    memory.cases.set(entry.caseId, entry.tbs);
    memory.digests.add(entry.digest);
  };
  const log = await openAppendLog<SignerLogEntry>(file, remember);
  return {
    append: async entries => {
      await log.append(entries);
      entries.forEach(remember);
    },
    tbsOfCase: caseId => memory.cases.get(caseId),
    hasDigest: digest => memory.digests.has(digest),
    notAfterOf: serialNumber => memory.ends.get(serialNumber),
    lastCrl: () => memory.crl,
    close: log.close,
  };
}
