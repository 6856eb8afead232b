import type { Knex } from 'knex';

/** Files that an organisation's desk had checked, sealed and kept for a while. Times are Unix seconds. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('bulk_uploads', table => {
    table.string('id', 36).primary();
    table.string('owner', 64).notNullable().index().comment('id of the LRA in people');
    table.string('reading', 2000).notNullable().comment('JSON: profile, and how the file is read');
    table.binary('file').notNullable().comment('AES-256-GCM: nonce, tag, ciphertext');
    table.binary('verdict').notNullable().comment('the same: JSON with name, counts and faults');
    table.bigInteger('created_at').notNullable().index();
    table.bigInteger('checked_at').notNullable();
  });
}

export async function down(): Promise<void> {
  return Promise.reject(new Error('Migrations only go forward.'));
}
