import type { Knex } from 'knex';

/** Several issuing CAs at once: which of them new certificates are asked of. The CA core believes its home, not this. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('issuers', table => {
    table.bigInteger('active_since').comment('when it was made the active one; null where it never was by hand');
  });
}

export async function down(): Promise<void> {
  return Promise.reject(new Error('The CA never forgets: migrations only go forward.'));
}
