import type { Knex } from 'knex';

/** What wakes the CA core: a row in one of these. */
const orders = ['issuance_orders', 'revocation_orders', 'crl_orders', 'signer_requests', 'rolls'];

/** Several workers at once: who leads, in which order status changes are numbered, and who is woken (PostgreSQL). */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('leases', table => {
    table.string('name', 64).primary().comment('leader | statusChanges: only ever locked, see store/status.ts');
    table.string('holder', 64).comment('the worker');
    table.bigInteger('expires_at').notNullable();
    table.bigInteger('vouched_until').notNullable().comment('the audit log was written: until then all may issue');
  });
  await knex('leases').insert([
    { name: 'leader', holder: null, expires_at: 0, vouched_until: 0 },
    { name: 'statusChanges', holder: null, expires_at: 0, vouched_until: 0 },
  ]);
  if ((knex.client as { readonly dialect: string }).dialect === 'postgresql') await wakeByTriggers(knex);
}

export async function down(): Promise<void> {
  return Promise.reject(new Error('The CA never forgets: migrations only go forward.'));
}

async function wakeByTriggers(knex: Knex): Promise<void> {
  await knex.raw(`CREATE FUNCTION wake_ca_core() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_notify('kakuin_orders', ''); RETURN NULL; END $$`);
  for (const table of orders) {
    await knex.raw(
      `CREATE TRIGGER wakes_ca_core AFTER INSERT ON ${table} FOR EACH STATEMENT EXECUTE FUNCTION wake_ca_core()`,
    );
  }
}
