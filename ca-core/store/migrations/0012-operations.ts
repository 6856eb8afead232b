import type { Knex } from 'knex';

/** What services tell of how they are, in figures, and what operators were called for. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('observations', table => {
    table.string('reporter', 32).notNullable().primary().comment('the service that tells');
    table.bigInteger('observed_at').notNullable();
    table.text('report').notNullable().comment('JSON, see ca-core/operations/observation.ts');
  });
  await knex.schema.createTable('alerts', table => {
    table.string('id', 36).notNullable().primary();
    table.string('reading', 32).notNullable();
    table.string('subject', 64).notNullable();
    table.string('state', 8).notNullable().comment('red | green');
    table.string('cause', 8).notNullable().comment('change | reminder');
    table.double('value');
    table.bigInteger('since').notNullable();
    table.bigInteger('raised_at').notNullable();
    table.bigInteger('mailed_at').comment('when letters of it were posted');
    table.index(['raised_at']);
  });
  await knex.schema.alterTable('certificates', table => table.index(['not_after']));
  await knex.schema.alterTable('status_changes', table => table.index(['created_at']));
}

export async function down(): Promise<void> {
  return Promise.reject(new Error('The CA never forgets: migrations only go forward.'));
}
