import type { Knex } from 'knex';

/** A new root's key under an old root, for whoever trusts only the old one. The publisher judges them itself. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('cross_certificates', table => {
    table.string('name', 64).primary().comment('the last part of its URL');
    table.binary('certificate').notNullable().comment('DER');
    table.bigInteger('created_at').notNullable();
  });
}

export async function down(): Promise<void> {
  return Promise.reject(new Error('The CA never forgets: migrations only go forward.'));
}
