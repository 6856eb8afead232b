/** The custodian's part: passwords as they were sealed, to be opened in the custodian's own browser. */
import { noteEvent } from '../../ca-core/index.ts';
import { PkiError } from '../../ca-core/errors.ts';
import type { PortalParts } from '../parts.ts';
import type { Person } from '../people/person.ts';
import type { BulkJob } from '../store/bulk-jobs.ts';
import { resultRows } from '../store/bulk-results.ts';
import { addCustodianKey } from '../store/custodians.ts';
import { inOneStep } from '../store/database.ts';
import { ownJob, type Steering } from './steer-job.ts';

export interface SealedPassword {
  readonly rowNumber: number;
  readonly caseId: string;
  /** SHA-256 of the case document, hex: the password opens only with it. */
  readonly caseDigest: string;
  readonly name: string;
  readonly romanName: string;
  readonly mailbox: string;
  /** HPKE: enc ‖ ciphertext, hex. */
  readonly sealed: string;
}

const rowsAtOnce = 500;

/** The job whose passwords somebody keeps. Throws jobUnknown; notPermitted for everybody but its custodian. */
export async function keptJob(parts: PortalParts, steering: Steering): Promise<BulkJob> {
  const job = await ownJob(parts, steering);
  if (job.custodian !== steering.lra.id) throw new PkiError('notPermitted');
  return job;
}

/** So many sealed passwords after a row, in the file's order; the first part is noted. Throws as keptJob does. */
export async function sealedPasswords(
  parts: PortalParts,
  steering: Steering,
  after: number,
): Promise<readonly SealedPassword[]> {
  const job = await keptJob(parts, steering);
  const rows = await resultRows(parts.database, job.id, { after, limit: rowsAtOnce, only: 'sealed_password' });
  if (after === 0) {
    const event = { service: 'ra-portal', action: 'bulk.pinSheetOpened', actor: steering.lra.id, subject: job.id };
    await inOneStep(parts.database, trx => noteEvent(trx, { at: parts.clock.now(), ...event, details: {} }));
  }
  return rows.flatMap(({ sealedPassword, rowNumber, caseId, digest, name, romanName, mailbox }) =>
    sealedPassword === null
      ? []
      : [{ rowNumber, caseId, caseDigest: digest, name, romanName, mailbox, sealed: hex(sealedPassword) }],
  );
}

/** The last row of a part, from which the next one goes on; null where this was the last. */
export const nextAfter = (part: readonly SealedPassword[]): number | null =>
  part.length < rowsAtOnce ? null : (part.at(-1)?.rowNumber ?? null);

/** Registers the public half of a secret that was drawn in the browser. Throws fieldInvalid {field: publicKey}. */
export async function registerCustodian(parts: PortalParts, person: Person, publicKey: unknown): Promise<void> {
  if (typeof publicKey !== 'string' || !/^[0-9a-f]{64}$/.test(publicKey)) {
    throw new PkiError('fieldInvalid', { field: 'publicKey' });
  }
  const at = parts.clock.now();
  await inOneStep(parts.database, async trx => {
    await addCustodianKey(trx, { personId: person.id, publicKey, registeredAt: at });
    const event = { service: 'ra-portal', action: 'custodian.registered', actor: person.id, subject: person.id };
    await noteEvent(trx, { at, ...event, details: { publicKey } });
  });
}

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex');
