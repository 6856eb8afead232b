/** Deletes what is past its time by policies/retention.yaml, each piece in one step with its record. */
import { createHash } from 'node:crypto';
import { noteEvent, openStore, type RetentionClass } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import { findApplication, keepApplication } from '../store/applications.ts';
import { inOneStep, type Database } from '../store/database.ts';
import { addDeletion, countLoose, eraseLog, eraseOctets, takeLoose, type LooseClass } from '../store/deletions.ts';
import { dueCases, type CaseClass } from '../store/due-for-deletion.ts';
import { eraseCase } from '../store/erase-case.ts';

export type RetentionGround = Pick<PortalParts, 'database' | 'clock' | 'policies'>;

/** What one class has that is past its time: cases, or a number of rows. */
export interface DueClass {
  readonly class: RetentionClass;
  /** `3650 days after certificateEnd`. */
  readonly rule: string;
  readonly cases: readonly string[];
  /** Rows that belong to no case. */
  readonly loose: number;
}

/** The fields of a case go last: what hangs on them is asked for by its own class. */
export const caseClasses = [
  'uploadedDocuments',
  'identityRecords',
  'deskNotes',
  'abandonedApplications',
  'refusedApplications',
  'applicationFields',
] as const satisfies readonly CaseClass[];
export const looseClasses = [
  'closedReports',
  'endedCards',
  'sentLetters',
  'endedSessions',
] as const satisfies readonly LooseClass[];

const listed = 10_000;
const atOnce = 500;

/** What a run would delete now. */
export async function dueNow(ground: RetentionGround): Promise<readonly DueClass[]> {
  const { database, clock } = ground;
  const due: DueClass[] = [];
  const run = { ...ground, now: clock.now() };
  for (const name of caseClasses) {
    const cases = await dueCases(database, name, { ...timesOf(run, name), limit: listed });
    due.push({ class: name, rule: ruleOf(ground, name), cases, loose: 0 });
  }
  for (const name of looseClasses) {
    const loose = await countLoose(database, name, timesOf(run, name).before);
    due.push({ class: name, rule: ruleOf(ground, name), cases: [], loose });
  }
  return due;
}

/** Deletes it; how many pieces of each class. May be stopped anywhere and run by several at once. */
export async function applyRetention(ground: RetentionGround): Promise<ReadonlyMap<RetentionClass, number>> {
  const { database, clock } = ground;
  const run = { ...ground, now: clock.now() };
  const deleted = new Map<RetentionClass, number>();
  await eraseOctets(database);
  for (const name of caseClasses) deleted.set(name, await applyToCases(run, name));
  for (const name of looseClasses) deleted.set(name, await applyToLoose(run, name));
  if ([...deleted.values()].some(count => count > 0)) await eraseLog(database);
  return deleted;
}

/** All classes of a run are past their time at one instant, however long it takes. */
interface Run extends RetentionGround {
  /** Unix seconds. */
  readonly now: number;
}

async function applyToCases(run: Run, name: CaseClass): Promise<number> {
  let done = 0;
  for (let found = atOnce; found === atOnce;) {
    const cases = await dueCases(run.database, name, { ...timesOf(run, name), limit: atOnce });
    found = cases.length;
    for (const caseId of cases) done += await eraseOne(run, name, caseId);
  }
  return done;
}

function eraseOne(run: Run, name: CaseClass, caseId: string): Promise<number> {
  return inOneStep(run.database, async trx => {
    const times = timesOf(run, name);
    // A hold, a renewal or another portal may have come between.
    if ((await dueCases(trx, name, { ...times, limit: 1, caseId })).length === 0) return 0;
    if (name === 'abandonedApplications') await withdrawAbandoned(trx, caseId, times.now);
    const rows = await eraseCase[name](trx, caseId, times.now);
    await record(trx, run, { name, caseId, rows });
    return 1;
  });
}

/** Nobody can go on with it, and no document stands for it. */
async function withdrawAbandoned(trx: Database, caseId: string, at: number): Promise<void> {
  const application = await findApplication(trx, caseId);
  if (application === null) return;
  if (application.documentDigest !== null) await openStore(trx).documents.void(application.documentDigest, at);
  await keepApplication(trx, { ...application, state: 'withdrawn', documentDigest: null, changedAt: at });
}

async function applyToLoose(run: Run, name: LooseClass): Promise<number> {
  let done = 0;
  for (let taken = atOnce; taken === atOnce; done += taken) {
    taken = await inOneStep(run.database, async trx => {
      const rows = await takeLoose(trx, name, { before: timesOf(run, name).before, limit: atOnce });
      if (rows.length > 0) await record(trx, run, { name, caseId: null, rows });
      return rows.length;
    });
  }
  return done;
}

interface Deleted {
  readonly name: RetentionClass;
  readonly caseId: string | null;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

async function record(trx: Database, run: Run, { name, caseId, rows }: Deleted): Promise<void> {
  const at = run.clock.now();
  const rule = ruleOf(run, name);
  const hash = hashOf(rows);
  const id = await addDeletion(trx, { class: name, rule, caseId, count: rows.length, hash, deletedAt: at });
  const event = { at, service: 'ra-portal', action: 'retention.deleted', actor: 'ra-portal', subject: caseId ?? id };
  await noteEvent(trx, { ...event, details: { class: name, rule, count: String(rows.length), sha256: hash } });
}

/** Over every row with its random id, so that what was deleted is not found by trying. */
function hashOf(rows: Deleted['rows']): string {
  const hash = createHash('sha256');
  for (const row of rows) {
    for (const [column, value] of Object.entries(row).sort(([one], [other]) => (one < other ? -1 : 1))) {
      hash.update(`${column}\0`).update(Buffer.isBuffer(value) ? value : JSON.stringify(value ?? null));
    }
  }
  return hash.digest('hex');
}

function timesOf({ policies, now }: Run, name: RetentionClass): { before: number; now: number } {
  return { now, before: now - policies.retention.classes[name].keep };
}

export function ruleOf({ policies }: Pick<RetentionGround, 'policies'>, name: RetentionClass): string {
  const { keep, from } = policies.retention.classes[name];
  return `${Math.round(keep / 86_400)} days after ${from}`;
}
