/** What is kept how long: deleted for good when its time is over, on record, and nothing before. The clock goes years ahead. */
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPostgres } from '../../ca-core/store/database.ts';
import { takeHoldStep, type HoldStepName } from '../../ra-portal/retention/hold-case.ts';
import { applyRetention, dueNow } from '../../ra-portal/retention/retention.ts';
import { openRetentionRounds } from '../../ra-portal/retention/rounds.ts';
import type { PortalParts } from '../../ra-portal/parts.ts';
import type { Person } from '../../ra-portal/people/person.ts';
import { takeUpload } from '../../ra-portal/uploads/take-upload.ts';
import { aPortal, type APortal, type PortalOfficer } from './support/a-portal.ts';
import { apply, person, proveMailbox, review, type Applied } from './support/an-application.ts';
import { aJpeg } from './support/files.ts';
import { partsOf } from './support/parts-of.ts';

const day = 86_400;

let world: APortal;
let parts: PortalParts;
let officers: readonly [PortalOfficer, PortalOfficer];
const cases: Record<'old' | 'held' | 'renewed' | 'rejected' | 'abandoned', string> = {
  old: '',
  held: '',
  renewed: '',
  rejected: '',
  abandoned: '',
};
let end: number;

beforeAll(async () => {
  world = await aPortal();
  parts = partsOf(world);
  officers = await world.officers();
  for (const officer of officers) await officer.signIn();
  for (const name of ['old', 'held', 'renewed'] as const) cases[name] = (await issued(name)).caseId;
  cases.abandoned = (await apply(world, named('abandoned'))).caseId;
  const rejected = await apply(world, named('rejected'));
  await proveMailbox(world, rejected);
  const [{ visitor }] = officers;
  await visitor.json(`/officer/cases/${rejected.caseId}/reject`, { reason: 'other', note: 'a note' }).expect(200);
  cases.rejected = rejected.caseId;
  end = (await world.store.certificates.ofCase(cases.renewed))?.notAfter ?? 0;
});
afterAll(() => world.end());

const named = (name: string) => ({ mailbox: `${name}@kakuu-kakuin.example`, submissionId: `${name}-`.padEnd(32, '0') });

async function issued(name: string): Promise<Applied> {
  const applied = await apply(world, named(name));
  await proveMailbox(world, applied);
  const given = { document: 'driving-licence', validUntil: '', file: aJpeg(), profile: person.profile };
  await takeUpload(parts, applied.caseId, given);
  const digest = await review(world, officers[0], applied.caseId);
  for (const officer of officers) await officer.approve(digest);
  await world.work();
  return applied;
}

const someone = (id: string): Person => ({
  ...{ id, roles: ['officer'], name: id, mailbox: `${id}@x.example` },
  ...{ organisation: null, signedInBy: 'passkey' },
});
const step = (name: HoldStepName, caseId: string, by: Person): Promise<void> =>
  takeHoldStep(parts, name, { caseId, person: by, reason: '訴訟のため' });

const at = (time: number): void => world.clock.pass(time - world.clock.now());
const countIn = async (table: string, caseId: string, column = 'case_id'): Promise<number> =>
  (await world.database(table).where(column, caseId)).length;
const rowOf = async (caseId: string): Promise<Readonly<Record<string, unknown>>> =>
  (await world.database('applications').where('case_id', caseId).first()) as Record<string, unknown>;

describe('what was never issued', () => {
  it('stays until its time is over', async () => {
    at(world.clock.now() + 29 * day);
    await applyRetention(parts);
    expect((await rowOf(cases.abandoned))['kanji_name']).toBe(person.kanjiName);
  });

  it('names nobody after a month where it was abandoned, and opens for no code', async () => {
    at(world.clock.now() + 2 * day);
    await applyRetention(parts);
    const row = await rowOf(cases.abandoned);
    expect([row['state'], row['kanji_name'], row['mailbox']]).toEqual(['withdrawn', '', '']);
    const tried = world.visitor().json(`/applications/${cases.abandoned}/enter`, { accessCode: '00000000' });
    await tried.expect(403);
    expect((await rowOf(cases.rejected))['kanji_name']).toBe(person.kanjiName);
  });

  it('goes after a year where it was rejected, with its register records and the note', async () => {
    at(world.clock.now() + 366 * day);
    await applyRetention(parts);
    const row = await rowOf(cases.rejected);
    expect([row['mailbox'], row['decision_note'], await countIn('case_register_records', cases.rejected)]).toEqual([
      '',
      null,
      0,
    ]);
  });
});

describe('what a certificate rests on', () => {
  it('stays all the time that the certificate is good, and ten years more', async () => {
    for (const time of [end - day, end + 3649 * day]) {
      at(time);
      await applyRetention(parts);
      expect([await countIn('uploads', cases.old, 'owner'), await countIn('case_evidence', cases.old)]).toEqual([1, 2]);
    }
  });

  it('is told beforehand, and a dry run deletes nothing', async () => {
    at(end + 3652 * day);
    const renewal = await apply(world, named('renewal'));
    await world.database('renewals').insert({ case_id: renewal.caseId, renews: cases.renewed, created_at: 1 });
    await step('place', cases.held, someone('one'));
    await step('confirm', cases.held, someone('other'));
    const due = await dueNow(parts);
    const found = due.find(one => one.class === 'uploadedDocuments');
    expect([found?.cases, found?.rule]).toEqual([[cases.old], '3650 days after certificateEnd']);
    expect(await countIn('uploads', cases.old, 'owner')).toBe(1);
  });

  it('is truly gone then, from the tables and from the file', async () => {
    const row: unknown = await world.database('uploads').where('owner', cases.old).first();
    const { sealed } = row as { readonly sealed: Buffer };
    await Promise.all([applyRetention(parts), applyRetention(parts)]);
    for (const [table, column] of [['uploads', 'owner'], ['case_evidence'], ['case_register_records']] as const)
      expect(await countIn(table, cases.old, column)).toBe(0);
    const kept = await rowOf(cases.old);
    expect(JSON.stringify(kept)).not.toMatch(/架空|カクウ|Kakuu|kakuu-kakuin|株式会社/u);
    if (isPostgres(world.database)) return;
    const [{ file = '' } = {}]: { file?: string }[] = await world.database.raw('PRAGMA database_list');
    for (const path of [file, `${file}-wal`].filter(one => existsSync(one)))
      expect(readFileSync(path).includes(sealed.subarray(0, 64))).toBe(false);
  });

  it('is on record once: class, hash, case, rule and time, and nothing personal', async () => {
    const record = await world.database('deletions').where('case_id', cases.old).orderBy('class');
    expect(record.map((one: { class: string }) => one.class)).toEqual([
      'applicationFields',
      'identityRecords',
      'uploadedDocuments',
    ]);
    expect(JSON.stringify(record)).not.toMatch(/架空|kakuu/u);
    await world.work();
    const events = await world.database('case_events').where('case_id', cases.old).pluck<string[]>('event');
    const told = events.filter(event => event.includes('retention.deleted'));
    expect(told).toHaveLength(3);
    expect(told[0]).toMatch(/[0-9a-f]{64}/);
  });

  it('stays with a legal hold, and while a renewal may still rest on it', async () => {
    expect(await countIn('uploads', cases.held, 'owner')).toBe(1);
    expect(await countIn('uploads', cases.renewed, 'owner')).toBe(1);
  });

  it('leaves the certificates, their status and the audit log as they are', async () => {
    expect(await world.store.certificates.ofCase(cases.old)).toBeDefined();
    expect((await dueNow(parts)).every(one => !one.cases.includes(cases.old))).toBe(true);
  });
});

describe('a card that ended', () => {
  const ended = { state: 'lost', prepared_by: 'lra', prepared_at: 1, bound_by: 'lra', bound_at: 1, ended_by: 'lra' };
  const holder = { holder_mailbox: 'card@kakuu-kakuin.example', holder_name: '架空 太郎', note: '駅で紛失' };

  beforeAll(async () => {
    const now = world.clock.now();
    for (const [number, caseId] of [cases.old, cases.held].entries()) {
      const of = { idm: `${number}`.repeat(16), key_id: `${number}`.repeat(20), public_key: `${number}`.repeat(64) };
      const end = { ...ended, ended_at: now, decision: 'revoke', proof_key: '', fcf_id: null };
      await world.database('cards').insert({ ...of, ...end, ...holder });
      const pass = { idm: of.idm, case_id: caseId, state: 'ended', share: null, made_at: 1, ended_at: now };
      await world.database('passes').insert({ ...pass, id: `pass-${number}` });
    }
  });

  it('names its holder for ten years, and nobody then, but where a case is on hold', async () => {
    const names = (): Promise<unknown[]> => world.database('cards').orderBy('idm').pluck('holder_name');
    at(world.clock.now() + 3649 * day);
    await applyRetention(parts);
    expect(await names()).toEqual(['架空 太郎', '架空 太郎']);
    at(world.clock.now() + 2 * day);
    expect((await dueNow(parts)).find(one => one.class === 'endedCards')?.loose).toBe(1);
    await applyRetention(parts);
    expect(await names()).toEqual([null, '架空 太郎']);
    expect(JSON.stringify(await world.database('cards').where('holder_name', null))).not.toMatch(/駅|kakuu-kakuin/u);
  });
});

describe('a legal hold', () => {
  it('takes two officers, and counts for a week while it waits for the second', async () => {
    await step('release', cases.held, someone('one'));
    await step('release', cases.held, someone('other'));
    await step('place', cases.held, someone('one'));
    await expect(step('confirm', cases.held, someone('one'))).rejects.toThrow();
    await applyRetention(parts);
    expect(await countIn('uploads', cases.held, 'owner')).toBe(1);
    await step('confirm', cases.held, someone('other'));
    at(world.clock.now() + 8 * day);
    await applyRetention(parts);
    expect(await countIn('uploads', cases.held, 'owner')).toBe(1);
  });

  it('ends by two again, and what is past its time goes with the next night', async () => {
    await step('release', cases.held, someone('one'));
    await expect(step('release', cases.held, someone('one'))).rejects.toThrow();
    expect((await dueNow(parts)).flatMap(one => one.cases)).not.toContain(cases.held);
    await step('release', cases.held, someone('other'));
    await openRetentionRounds()(parts);
    expect(await countIn('uploads', cases.held, 'owner')).toBe(0);
  });
});
