/** Writes documents over the chosen certificates down for two officers to sign; until then nothing is revoked. */
import type { RevocationReason } from './approvals/documents.ts';
import { encodeSerialList } from './approvals/serial-list.ts';
import type { UnixTime } from './clock.ts';
import { PkiError } from './errors.ts';
import type { Store } from './store/store.ts';

export interface MassWish {
  readonly certificates: readonly { readonly issuer: string; readonly serialNumber: string }[];
  readonly reason: RevocationReason;
  readonly invalidityDate: UnixTime | null;
  /** How they were found, for those who sign. */
  readonly chosenBy: string;
  readonly at: UnixTime;
  /** Who writes it down, for the audit log. */
  readonly by: { readonly service: string; readonly actor: string };
}

export interface PutMassRevocation {
  readonly issuer: string;
  readonly digest: string;
  readonly size: number;
}

/** One for each issuing CA. Throws listInvalid {what: empty}. */
export async function putMassRevocations(
  { massRevocations }: Pick<Store, 'massRevocations'>,
  { certificates, reason, invalidityDate, chosenBy, at, by }: MassWish,
): Promise<readonly PutMassRevocation[]> {
  if (certificates.length === 0) throw new PkiError('listInvalid', { what: 'empty' });
  const put: PutMassRevocation[] = [];
  for (const issuer of new Set(certificates.map(one => one.issuer))) {
    const own = certificates.filter(one => one.issuer === issuer).map(one => one.serialNumber);
    const size = new Set(own).size;
    const serialNumbers = await massRevocations.putSerials(encodeSerialList(own), at);
    const about = { serialNumbers, size, chosenBy: chosenBy.slice(0, 255), reason, invalidityDate, requestedAt: at };
    const digest = await massRevocations.put({ kind: 'massRevocation', version: 1, ca: issuer, ...about }, written => ({
      ...{ at, ...by, action: 'massRevocationDocument.made', subject: written },
      details: { size: String(size), reason },
    }));
    put.push({ issuer, digest, size });
  }
  return put;
}
