import type { Knex } from 'knex';

/** Keys that stand in no certificate any more: what officers signed about them, and those blocked now, as the CA core says. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('key_orders', table => {
    table.string('id', 36).notNullable().primary();
    table.string('digest', 64).notNullable().unique();
    table.text('document').notNullable();
    table.text('approvals').notNullable();
    table.string('state', 16).notNullable().comment('waiting | applied | refused');
    table.text('refusal');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('closed_at');
    table.index(['state', 'created_at']);
  });
  await knex.schema.createTable('blocked_keys', table => {
    table.string('key', 64).notNullable().primary().comment('SHA-256 of the SubjectPublicKeyInfo');
    table.string('digest', 64).notNullable().comment('of the document that blocked it');
    table.bigInteger('created_at').notNullable();
  });
}

export async function down(): Promise<void> {
  return Promise.reject(new Error('The CA never forgets: migrations only go forward.'));
}
