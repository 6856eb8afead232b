/** Lots of tokens that officers give at the same moment, and lots that a station has left a straggler of. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Person } from '../../ra-portal/people/person.ts';
import { giveLot } from '../../ra-portal/tokens/give-lot.ts';
import type { APortal, PortalOfficer } from './support/a-portal.ts';
import { aUsbShelf, type AUsbShelf } from './support/a-usb-shelf.ts';
import { partsOf } from './support/parts-of.ts';

let shelf: AUsbShelf;
let world: APortal;
beforeAll(async () => {
  shelf = await aUsbShelf();
  ({ world } = shelf);
});
afterAll(() => shelf.end());

const officerOf = ({ memberId: id, mailbox }: PortalOfficer): Person => ({
  ...{ id, mailbox, name: id, roles: ['officer'], organisation: null, signedInBy: 'passkey' },
});

it('go on with the next token where another officer took one meanwhile', async () => {
  const serials: string[] = [];
  for (let count = 0; count < 4; count++) serials.push(await shelf.aBlankToken());
  const caseIds = [];
  for (let count = 0; count < 4; count++) caseIds.push((await shelf.aCase()).caseId);
  const [first, second] = shelf.officers.map(officerOf);
  if (first === undefined || second === undefined) throw new Error('no officers');
  const lot = (officer: Person, cases: readonly string[]) =>
    giveLot(partsOf(world), officer, { station: shelf.station.memberId, algorithm: 'p-256', caseIds: cases });
  // Both look for blank tokens before either gives one.
  const lots = await Promise.all([lot(first, caseIds.slice(0, 2)), lot(second, caseIds.slice(2))]);
  expect(lots.flatMap(({ dropped }) => dropped)).toEqual([]);
  const given = lots.flatMap(one => one.given);
  expect(given.map(({ caseId }) => caseId)).toEqual(caseIds);
  expect(given.map(({ serial }) => serial).sort()).toEqual(serials);
});

it('hide no newer job from the station, however many of the older ones are done', async () => {
  const straggler = await shelf.aJob();
  world.clock.pass(1);
  const newer = await shelf.aJob();
  const old = await world.database('token_jobs').where({ id: straggler.jobId }).first<Record<string, unknown>>();
  const given_at = world.clock.now() - 86_400;
  const done = Array.from({ length: 2_000 }, (_, at) => ({
    ...old,
    ...{ id: randomUUID(), number: at + 2, state: 'active', given_at, ended_at: given_at },
  }));
  await world.database.batchInsert('token_jobs', done, 100);
  const answer = await shelf.station.get('/api/v1/token-jobs');
  const { jobs } = answer.body as { jobs: { job: { jobId: string } }[] };
  expect(jobs.map(({ job }) => job.jobId)).toEqual([straggler.jobId, newer.jobId]);
});
