/** The console's role on PostgreSQL compares every place, keys that wait among them, and may change none of it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { drawPickUpSecret, pickUpPublicKey } from '../../ca-core/delivery/seal.ts';
import { reconcileGroundOf } from '../../ca-core/reconcile/ground-of.ts';
import { reconcile } from '../../ca-core/reconcile/reconcile.ts';
import { openDatabase } from '../../ca-core/store/database.ts';
import { openToldDeliveries } from '../../ca-core/store/deliveries-told.ts';
import { grantServices, roleOf } from '../../ca-core/store/grant-services.ts';
import { databaseServices } from '../../ca-core/store/grants.ts';
import { openStore } from '../../ca-core/store/store.ts';
import { migratePortal } from '../../ra-portal/store/database.ts';
import { portalGrants } from '../../ra-portal/store/grants.ts';
import { aCa, aClock, settle, type ACa } from '../support/a-ca.ts';

const clock = aClock();
const prefix = 'kakuin_reconcile_';
let platform: ACa;
let operator: ReturnType<typeof openDatabase>;

beforeAll(async () => {
  platform = await aCa({ database: 'postgresql', clock });
  await migratePortal(platform.database);
  const passwords = Object.fromEntries(databaseServices.map(service => [service, 'a password']));
  await grantServices(platform.database, { prefix, passwords, further: portalGrants });
  const url = new URL(platform.settings.database);
  url.username = roleOf(prefix, 'operator');
  url.password = 'a%20password';
  operator = openDatabase(url.href);
  const sealTo = await pickUpPublicKey(drawPickUpSecret());
  await platform.approve(platform.aCase({ subjectKey: { from: 'server', algorithm: 'p-256', sealTo } }));
  const core = await platform.open();
  await settle(core);
  await core.close();
  clock.pass(600);
});
afterAll(async () => {
  await operator.destroy();
  await platform.end();
});

it('reconciles as the operator', async () => {
  const wish = { home: platform.settings.home, store: openStore(operator), deliveries: openToldDeliveries(operator) };
  const walk = reconcile(await reconcileGroundOf({ ...wish, now: clock.now() }));
  let step = await walk.next();
  while (step.done !== true) step = await walk.next();
  expect(step.value).toMatchObject({ findings: [], counts: { certificates: 1, deliveries: 1 } });
});

it('and erases no key', async () => {
  await expect(operator('deliveries').update({ sealed_key: null })).rejects.toMatchObject({ code: '42501' });
});
