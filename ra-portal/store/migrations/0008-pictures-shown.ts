import type { Knex } from 'knex';

/** Beside a picture that browsers do not draw lies one that they do. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('uploads', table => {
    table.binary('shown').comment('AES-256-GCM: nonce, tag, ciphertext; null where the file itself is shown');
  });
}

export async function down(): Promise<void> {
  return Promise.reject(new Error('Migrations only go forward.'));
}
