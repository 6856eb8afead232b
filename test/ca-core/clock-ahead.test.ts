/** A clock that is weeks ahead while the CA core runs: nothing is erased by it, nothing is dated by it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeSerialList } from '../../ca-core/approvals/serial-list.ts';
import { drawPickUpSecret, pickUpPublicKey } from '../../ca-core/delivery/seal.ts';
import type { OpenCa } from '../../ca-core/open-ca.ts';
import { aCa, aClock, settle, type ACa } from '../support/a-ca.ts';
import { checkPki } from '../support/check-pki.ts';

const clock = aClock();
const weeks = 40 * 86_400;
let platform: ACa;
let core: OpenCa;
let caseId: string;
let serialNumber: string;

beforeAll(async () => {
  platform = await aCa({ clock });
  const sealTo = await pickUpPublicKey(drawPickUpSecret());
  const document = platform.aCase({ subjectKey: { from: 'server', algorithm: 'p-256', sealTo } });
  await platform.approve(document);
  core = await platform.open();
  await settle(core);
  ({ caseId } = document);
  serialNumber = (await platform.store.certificates.ofCase(caseId))?.serialNumber ?? '';
});
afterAll(async () => {
  expect(await checkPki(platform)).toEqual([]);
  await core.close();
  await platform.end();
});

const waits = async (): Promise<boolean | undefined> => (await platform.store.deliveries.state(caseId))?.sealed;

it('keys that wait are not erased', async () => {
  clock.pass(weeks);
  await settle(core);
  expect(await waits()).toBe(true);
  clock.pass(-weeks);
  await settle(core);
  expect(await waits()).toBe(true);
});

it('many certificates are revoked at the time before, and are on a CRL once the clock is right', async () => {
  const before = clock.now();
  clock.pass(2 * 86_400);
  const list = await platform.store.massRevocations.putSerials(encodeSerialList([serialNumber]), clock.now());
  const about = { kind: 'massRevocation', version: 1, ca: platform.ca, serialNumbers: list, size: 1 } as const;
  const wish = { chosenBy: 'list', reason: 'superseded', invalidityDate: null, requestedAt: clock.now() } as const;
  await platform.approve({ ...about, ...wish });
  await settle(core);
  const status = await platform.store.status.of(platform.ca, serialNumber);
  expect(status).toMatchObject({ status: 'revoked', revokedAt: before });
  clock.pass(60 - 2 * 86_400);
  await settle(core);
  expect((await platform.store.crls.newest(platform.ca))?.thisUpdate).toBe(clock.now());
});

it('a CA core that was started by such a clock takes it for right', async () => {
  await core.close();
  clock.pass(weeks);
  core = await platform.open();
  await settle(core);
  expect(await waits()).toBe(false);
});

it('days in which another worker led are no jump', async () => {
  const [hour, twoWorkers] = [3_600, await aCa({ clock, workers: 2 })];
  const [first, second] = [await twoWorkers.open(), await twoWorkers.open()];
  await settle(first);
  clock.pass(hour);
  await settle(second);
  expect((await twoWorkers.store.leases.leader()).holder).toBe('ca-core 2');
  for (let times = 0; times < 3; times++) {
    clock.pass(20 * hour);
    await settle(second);
    await settle(first);
  }
  await second.close();
  clock.pass(2 * hour);
  await settle(first);
  expect((await twoWorkers.store.leases.leader()).holder).toBe('ca-core');
  expect((await twoWorkers.store.crls.newest(twoWorkers.ca))?.thisUpdate).toBe(clock.now());
  await first.close();
  await twoWorkers.end();
});
