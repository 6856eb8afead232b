import type { Knex } from 'knex';

/** CRLs of several lists, in pieces: none of them ever stands in a row, or in memory, as a whole. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('crls', table => {
    table.text('lists').comment('names, with a space between; null where the whole list is in `crl`');
    table.string('complete', 16).comment('the one of them that is of all certificates; null where there is none');
  });
  await knex.schema.createTable('crl_parts', table => {
    table.string('issuer', 64).notNullable();
    table.bigInteger('crl_number').notNullable();
    table.string('list', 16).notNullable();
    table.integer('part').notNullable();
    table.binary('octets').notNullable();
    table.primary(['issuer', 'crl_number', 'list', 'part']);
  });
  await knex.schema.createTable('publisher_leases', table => {
    table.string('name', 64).primary();
    table.string('holder', 64).comment('the publisher that orders CRLs');
    table.bigInteger('expires_at').notNullable();
    table.bigInteger('vouched_until').notNullable();
  });
  await knex('publisher_leases').insert({ name: 'leader', holder: null, expires_at: 0, vouched_until: 0 });
}

export async function down(): Promise<void> {
  return Promise.reject(new Error('The CA never forgets: migrations only go forward.'));
}
