/** What the stores of the CA and of the portal promise, whatever database they are on. */
import type { Knex } from 'knex';
import { afterAll, beforeAll, describe } from 'vitest';
import { migrateCa } from '../../ca-core/store/migrate-ca.ts';
import { openStore, type Store } from '../../ca-core/store/store.ts';
import { migratePortal } from '../../ra-portal/store/database.ts';
import { describeRows } from './store-rows.ts';
import { describeOrders } from './store-orders.ts';
import { describeJournals } from './store-journals.ts';
import { describePortal } from './store-portal.ts';

export function describeStore(name: string, open: () => Promise<Knex>): void {
  describe(`the stores on ${name}`, () => {
    const ground = {} as { database: Knex; store: Store };
    beforeAll(async () => {
      const database = await open();
      await migrateCa(database);
      await migratePortal(database);
      await migrateCa(database);
      await migratePortal(database);
      Object.assign(ground, { database, store: openStore(database) });
    });
    afterAll(() => ground.database.destroy());

    describeRows(ground);
    describeOrders(ground);
    describeJournals(ground);
    describePortal(ground);
  });
}
