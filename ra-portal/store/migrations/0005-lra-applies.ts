import type { Knex } from 'knex';

/** What an organisation's own desk (LRA) applies for on behalf of its staff. Times are Unix seconds. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('drafts', table => {
    table.string('written_by', 64).index().comment('id of the LRA whose draft it is; null: whoever has the cookie');
  });
  await knex.schema.createTable('member_applications', table => {
    table.string('case_id', 32).primary().references('applications.case_id');
    table.string('applied_by', 64).notNullable().comment('id of the LRA in people');
    table.string('identity_method', 64).notNullable().comment('id of policies/identity.yaml');
    table.bigInteger('identity_seen_at').notNullable().comment('as the LRA says');
    table.bigInteger('noted_at').notNullable();
    table.string('hand_over_code', 255).comment('scrypt, salted; null once the member has taken the application over');
    table.bigInteger('taken_over_at');
  });
}

export async function down(): Promise<void> {
  return Promise.reject(new Error('Migrations only go forward.'));
}
