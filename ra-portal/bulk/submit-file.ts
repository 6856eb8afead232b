/** A file to a job: checked once more, by the very rules of the dry run, as what was shown then may have changed. */
import { createHash } from 'node:crypto';
import type { CertificateProfile } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import type { Person } from '../people/person.ts';
import type { BulkJob } from '../store/bulk-jobs.ts';
import type { RowContent } from '../store/bulk-rows.ts';
import { attestingLra } from './attesting-lra.ts';
import type { BulkFault } from './bulk-row.ts';
import type { Defaults } from './check-ground.ts';
import { checkTable, layoutOf } from './check-table.ts';
import type { LayoutName } from './layouts.ts';
import { openGround } from './open-ground.ts';
import { openTable } from './reading/open-table.ts';
import type { Chosen } from './reading/table.ts';
import { submitJob, type JobWish } from './submit-job.ts';

export interface FileWish extends Omit<JobWish, 'rows' | 'file'> {
  readonly profile: CertificateProfile;
  readonly octets: Uint8Array;
  readonly name: string;
  /** How the file is read, where a person says better than what is found out. */
  readonly chosen: Chosen;
  readonly layout?: LayoutName;
  /** Said of all rows of a table that has no column for it. */
  readonly defaults: Defaults;
}

/** What is wrong with a file; the first faults only, the dry run has all. */
export interface FaultyFile {
  readonly faults: readonly BulkFault[];
  readonly faultyRows: number;
}

const faultsTold = 20;

export const isFaultyFile = (read: BulkJob | FaultyFile): read is FaultyFile => 'faults' in read;

/** All rows or none. Throws tableUnreadable, registerUnavailable and what submitJob throws. */
export async function submitFile(parts: PortalParts, lra: Person, wish: FileWish): Promise<BulkJob | FaultyFile> {
  const { octets, name, chosen, layout, defaults, ...job } = wish;
  const member = await attestingLra(parts.ca, lra);
  const { profile } = wish;
  const ground = await openGround(parts, {
    profile,
    organisation: lra.organisation ?? '',
    lra: member.id,
    defaults,
  });
  const table = await openTable(octets, chosen);
  const rows: (RowContent & { rowNumber: number })[] = [];
  const faults: BulkFault[] = [];
  let faultyRows = 0;
  for await (const checked of checkTable(ground, table, await layoutOf(table, ground, layout))) {
    if (checked.bulkRow === null) {
      faultyRows += 1;
      if (faults.length < faultsTold) faults.push(...checked.faults);
    } else {
      const { row, claim, typed, seen } = checked.bulkRow;
      rows.push({ rowNumber: row, claim, typed, seen });
    }
  }
  if (faultyRows > 0) return { faults: faults.slice(0, faultsTold), faultyRows };
  const hash = createHash('sha256').update(octets).digest('hex');
  return submitJob(parts, lra, { ...job, file: { hash, name }, rows });
}
