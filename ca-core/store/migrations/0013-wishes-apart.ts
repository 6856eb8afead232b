import type { Knex } from 'knex';

/**
 * A subscriber's wish and an officer's may bear one digest: else whoever writes the one row first (the portal) keeps the
 * other out, and with it an officer's revocation.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('revocation_orders', table => {
    table.dropUnique(['digest']);
    table.unique(['asked_by', 'digest']);
    table.index('digest');
  });
}

export async function down(): Promise<void> {
  return Promise.reject(new Error('The CA never forgets: migrations only go forward.'));
}
