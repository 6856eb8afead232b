import type { Knex } from 'knex';

/** Revocations of many certificates by one document: the lists of serial numbers, and the orders that came of them. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('serial_lists', table => {
    table.string('digest', 64).primary().comment('SHA-256 of the text');
    table.text('serial_numbers').notNullable().comment('ascending, each with a line feed');
    table.bigInteger('created_at').notNullable();
  });
  await knex.schema.createTable('mass_revocations', table => {
    table.string('id', 36).notNullable().primary();
    table.string('digest', 64).notNullable().unique();
    table.string('issuer', 64).notNullable();
    table.text('document').notNullable();
    table.text('approvals').notNullable();
    table.string('state', 16).notNullable().comment('waiting | applied | refused');
    table.integer('revoked').notNullable();
    table.integer('left_out').notNullable().comment('revoked before, unknown, or not to be revoked for this reason');
    table.text('refusal');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('closed_at');
    table.index(['state', 'created_at']);
  });
}

export async function down(): Promise<void> {
  return Promise.reject(new Error('The CA never forgets: migrations only go forward.'));
}
