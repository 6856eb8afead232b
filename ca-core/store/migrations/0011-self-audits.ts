import type { Knex } from 'knex';

/** What each quarter's sample was and what the lint found in it. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('self_audits', table => {
    table.string('quarter', 8).notNullable().primary().comment('2026-Q3, in Japan');
    table.text('report').notNullable().comment('JSON, see ca-core/self-audit.ts');
    table.string('drawn_by', 64).notNullable();
    table.bigInteger('created_at').notNullable();
  });
}

export async function down(): Promise<void> {
  return Promise.reject(new Error('The CA never forgets: migrations only go forward.'));
}
