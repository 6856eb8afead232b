/** All PKCS#12 of a job in one archive for the LRA, each under its own password, which the LRA never sees. */
import { noteEvent } from '../../ca-core/index.ts';
import { PkiError } from '../../ca-core/errors.ts';
import type { PortalParts } from '../parts.ts';
import { moveCases } from '../store/bulk-cases.ts';
import { holdJob, type BulkJob } from '../store/bulk-jobs.ts';
import { eraseFiles, notePickedUp, resultRows, type ResultRow } from '../store/bulk-results.ts';
import { moveRows } from '../store/bulk-rows.ts';
import { inOneStep } from '../store/database.ts';
import { safeCsv } from './safe-csv.ts';
import { ownJob, type Steering } from './steer-job.ts';
import { openZip, type Zip } from './zip.ts';

const rowsAtOnce = 200;
/** What an answer to a program holds. */
const filesAtOnce = 50;

/**
 * The archive, as a stream; the LRA may take it again until it says that it has it. Throws jobUnknown, notPermitted (the
 * custodian never gets files; a job whose people fetch their own has no package), jobState while it runs.
 */
export async function takePackage(parts: PortalParts, steering: Steering): Promise<Zip['stream']> {
  const job = await packageJob(parts, steering);
  const at = parts.clock.now();
  const zip = openZip(at);
  await noteTaken(parts, job, steering.lra.id);
  void fill(parts, job, zip).catch((error: unknown) => zip.stream.destroy(error instanceof Error ? error : undefined));
  return zip.stream;
}

/** A file of the package. */
export interface PackedFile {
  readonly rowNumber: number;
  readonly caseId: string;
  readonly fileName: string;
  readonly mailbox: string;
  readonly serialNumber: string;
  readonly pkcs12: Uint8Array;
}

/** The same for programs, so many files after a row. Throws as takePackage does. */
export async function takeFiles(
  parts: PortalParts,
  steering: Steering,
  after: number,
): Promise<{ readonly files: readonly PackedFile[]; readonly after: number | null }> {
  const job = await packageJob(parts, steering);
  if (after === 0) await noteTaken(parts, job, steering.lra.id);
  const rows = await resultRows(parts.database, job.id, { after, limit: filesAtOnce, only: 'pkcs12' });
  await noteDelivered(parts, job, rows);
  const files = rows.flatMap(row => {
    const { rowNumber, caseId, mailbox, serialNumber, pkcs12 } = row;
    return pkcs12 === null ? [] : [{ rowNumber, caseId, fileName: fileNameOf(row), mailbox, serialNumber, pkcs12 }];
  });
  return { files, after: rows.length < filesAtOnce ? null : (rows.at(-1)?.rowNumber ?? null) };
}

/** The LRA has opened the archive: the platform keeps no copy of any file. Throws as takePackage does. */
export async function erasePackage(parts: PortalParts, steering: Steering): Promise<void> {
  const job = await packageJob(parts, steering);
  const at = parts.clock.now();
  for (let after = 0; ;) {
    const rows = await resultRows(parts.database, job.id, { after, limit: 1_000, only: 'sealed_password' });
    if (rows.length === 0) break;
    after = rows.at(-1)?.rowNumber ?? after;
    await inOneStep(parts.database, trx =>
      eraseFiles(
        trx,
        rows.map(({ caseId }) => caseId),
      ),
    );
  }
  await inOneStep(parts.database, async trx => {
    const event = { service: 'ra-portal', action: 'bulk.packageErased', actor: steering.lra.id, subject: job.id };
    await noteEvent(trx, { at, ...event, details: {} });
  });
}

async function noteTaken({ database, clock }: PortalParts, job: BulkJob, actor: string): Promise<void> {
  const event = { service: 'ra-portal', action: 'bulk.packageTaken', actor, subject: job.id };
  const details = { round: String(job.round) };
  await inOneStep(database, trx => noteEvent(trx, { at: clock.now(), ...event, details }));
}

async function packageJob(parts: PortalParts, steering: Steering): Promise<BulkJob> {
  const job = await ownJob(parts, steering);
  if (job.delivery !== 'package' || job.custodian === steering.lra.id) throw new PkiError('notPermitted');
  if (job.state !== 'finished' && job.state !== 'cancelled') throw new PkiError('jobState', { state: job.state });
  return job;
}

async function fill(parts: PortalParts, job: BulkJob, zip: Zip): Promise<void> {
  const lines: (string | number)[][] = [[...heading]];
  for (let after = 0; ;) {
    const rows = await resultRows(parts.database, job.id, { after, limit: rowsAtOnce, only: 'pkcs12' });
    if (rows.length === 0) break;
    after = rows.at(-1)?.rowNumber ?? after;
    for (const row of rows) {
      if (row.pkcs12 !== null) zip.add(fileNameOf(row), row.pkcs12);
      lines.push(lineOf(row));
    }
    await noteDelivered(parts, job, rows);
  }
  zip.add('list.csv', Buffer.from(safeCsv(lines), 'utf8'));
  zip.end();
}

const heading = ['row', 'file', 'caseId', 'name', 'romanName', 'mailbox', 'serialNumber', 'notAfter'] as const;

function lineOf(row: ResultRow): (string | number)[] {
  const until = new Date(row.notAfter * 1000).toISOString().slice(0, 10);
  const file = row.pkcs12 === null ? '' : fileNameOf(row);
  return [row.rowNumber, file, row.caseId, row.name, row.romanName, row.mailbox, row.serialNumber, until];
}

/** ASCII, never a path, never twice: row, Roman name, reception number. */
export function fileNameOf({
  rowNumber,
  romanName,
  caseId,
}: Pick<ResultRow, 'rowNumber' | 'romanName' | 'caseId'>): string {
  const name = romanName
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40);
  return `${String(rowNumber).padStart(5, '0')}-${name}-${caseId}.p12`;
}

async function noteDelivered(parts: PortalParts, job: BulkJob, rows: readonly ResultRow[]): Promise<void> {
  const at = parts.clock.now();
  const fresh = rows.filter(({ state, pkcs12 }) => state === 'issued' && pkcs12 !== null);
  if (fresh.length === 0) return;
  const cases = fresh.map(({ caseId }) => caseId);
  await inOneStep(parts.database, async trx => {
    await holdJob(trx, job.id);
    await notePickedUp(trx, cases, at);
    await moveRows(
      trx,
      job.id,
      fresh.map(({ rowNumber }) => rowNumber),
      { to: 'delivered', at },
    );
    await moveCases(trx, cases, { state: 'delivered', at });
  });
}
