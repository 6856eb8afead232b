import type { Knex } from 'knex';

/** Keys that are made on tokens after the case was approved: the station's requests, and the orders that wait for them. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('station_requests', table => {
    table.string('digest', 64).primary().comment('of the case');
    table.text('request').notNullable().comment('JSON {statement, signature}');
    table.bigInteger('created_at').notNullable();
  });
  await knex.schema.alterTable('issuance_orders', table => {
    table.text('station_request').comment('the same, once the order was taken up');
  });
}

export async function down(): Promise<void> {
  return Promise.reject(new Error('The CA never forgets: migrations only go forward.'));
}
