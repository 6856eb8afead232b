import type { Knex } from 'knex';

/** Documents that count no more, lists of cases that two officers sign at once, and the newest checkpoint for whoever asks. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('voided_documents', table => {
    table.string('digest', 64).primary();
    table.bigInteger('created_at').notNullable();
  });
  await knex.schema.createTable('list_cases', table => {
    table.string('list_digest', 64).notNullable();
    table.integer('position').notNullable();
    table.string('case_digest', 64).notNullable();
    table.primary(['list_digest', 'position']);
  });
  await knex.schema.alterTable('issuance_orders', table => {
    table.text('list').comment('JSON {text, position, path}: the signed list that the case is in');
  });
  await knex.schema.createTable('audit_checkpoints', table => {
    table.integer('id').primary().comment('always 1: the newest');
    table.text('note').notNullable();
    table.text('key').notNullable().comment('the line of the public key');
  });
}

export async function down(): Promise<void> {
  return Promise.reject(new Error('The CA never forgets: migrations only go forward.'));
}
