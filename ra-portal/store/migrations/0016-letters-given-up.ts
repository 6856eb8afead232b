import type { Knex } from 'knex';

/** A letter that nobody takes is given up; `sent_at` says since when nothing is to be done with one. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('letters', table => {
    table.string('given_up', 16).comment('why it never went: refused | late; null where it did, or may');
  });
}

export async function down(): Promise<void> {
  return Promise.reject(new Error('Migrations only go forward.'));
}
