import { runJobs } from '../../../ra-portal/bulk/run-jobs.ts';
import { submitJob, type JobWish } from '../../../ra-portal/bulk/submit-job.ts';
import type { PortalParts } from '../../../ra-portal/parts.ts';
import { findJob, type BulkJob } from '../../../ra-portal/store/bulk-jobs.ts';
import { addLook } from '../../../ra-portal/store/bulk-looks.ts';
import { aPortal, type APortal, type PortalOfficer } from './a-portal.ts';
import { person } from './an-application.ts';
import { aCustodian, anLra, type ACustodian, type ALra } from './an-lra.ts';
import { partsOf } from './parts-of.ts';

/** A portal with an organisation that sends files: its LRA, who keeps its passwords, and the officers who look at them. */
export interface ABulkPortal {
  readonly world: APortal;
  readonly parts: PortalParts;
  readonly officers: readonly PortalOfficer[];
  readonly lra: ALra;
  readonly custodian: ACustodian;
}

export async function aBulkPortal(): Promise<ABulkPortal> {
  const world = await aPortal();
  const officers = await world.officers();
  const lra = await anLra(world, officers);
  return { world, officers, lra, custodian: await aCustodian(world), parts: partsOf(world) };
}

/** Rows of so many people, from the second line of a file on. */
export function aFileOf(parts: PortalParts, count: number): JobWish['rows'] {
  const seenAt = parts.clock.now() - 3600;
  return Array.from({ length: count }, (_, index) => ({
    rowNumber: index + 2,
    claim: {
      kanjiName: `架空 ${index}号`,
      kanaName: 'カクウ タロウ',
      romanName: `Kakuu ${romanNumber(index)}`,
      corporateNumber: person.corporateNumber,
      organisationName: person.organisationName,
      mailbox: `person${index}@kakuu-kakuin.example`,
    },
    typed: {},
    seen: [{ document: 'driving-licence', method: 'in-person', seenAt }],
  }));
}

export interface Asked {
  readonly parts: PortalParts;
  readonly lra: ALra;
  readonly custodian: ACustodian;
  readonly rows: JobWish['rows'];
}

/** A name of its own for each: a number in letters. */
const romanNumber = (index: number): string =>
  [676, 26, 1].map(place => String.fromCharCode(97 + (Math.floor(index / place) % 26))).join('');

let files = 0;

export async function submitted(
  { parts, lra, custodian, rows }: Asked,
  change: Partial<JobWish> = {},
): Promise<BulkJob> {
  const profile = parts.policies.profiles.get('jcan-classic');
  if (profile === undefined) throw new Error('no such profile');
  files += 1;
  return submitJob(parts, lra.person, {
    profile,
    language: 'ja',
    file: { hash: files.toString(16).padStart(64, '0'), name: 'staff.csv' },
    delivery: 'package',
    keyAlgorithm: 'p-256',
    compatibility: 0,
    custodian: custodian.id,
    rows,
    ...change,
  });
}

/** The job of a file of so many people. */
export const submittedOf = (bulk: ABulkPortal, count: number, change: Partial<JobWish> = {}): Promise<BulkJob> =>
  submitted({ ...bulk, rows: aFileOf(bulk.parts, count) }, change);

/** Attested, looked at, and signed by two officers: the CA core may begin. */
export async function approved(
  parts: PortalParts,
  job: BulkJob,
  { lra, officers }: { readonly lra: ALra; readonly officers: readonly PortalOfficer[] },
): Promise<BulkJob> {
  await runJobs(parts);
  await lra.attest((await findJob(parts.database, job.id)).attestationDigest ?? '');
  await runJobs(parts);
  const listed = await findJob(parts.database, job.id);
  for (const officer of officers) {
    for (const position of listed.sample ?? []) {
      await addLook(parts.database, listed, { position, memberId: officer.memberId, lookedAt: parts.clock.now() });
    }
    await officer.approve(listed.listDigest ?? '');
  }
  await runJobs(parts);
  return findJob(parts.database, job.id);
}
