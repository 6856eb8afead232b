import type { Knex } from 'knex';

/** What programs come in with, and what they were answered. Times are Unix seconds. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('api_tokens', table => {
    table.string('id', 16).primary().comment('part of the token: finds it, opens nothing');
    table.string('token_hash', 64).notNullable().comment('SHA-256 of the whole token');
    table.string('kind', 16).notNullable().comment('officer | person');
    table.string('subject', 64).notNullable().comment('member id of an officer, or id in people');
    table.string('name', 64).notNullable();
    table.text('scopes').notNullable().comment('separated by spaces');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('expires_at').notNullable();
    table.bigInteger('last_used_at');
    table.bigInteger('ended_at');
    table.index(['kind', 'subject']);
  });
  await knex.schema.createTable('api_answers', table => {
    table.string('subject', 64).notNullable().comment('who asked');
    table.string('key_hash', 64).notNullable().comment('SHA-256 of the Idempotency-Key');
    table.string('request_hash', 64).notNullable().comment('SHA-256 of method, path and body');
    table.bigInteger('begun_at').notNullable();
    table.text('answer').comment('sealed, base64; null while the request runs');
    table.primary(['subject', 'key_hash']);
    table.index('begun_at');
  });
  await knex.schema.alterTable('applications', table => {
    table.index(['corporate_number', 'submitted_at', 'case_id'], 'applications_of_organisation');
  });
}

export async function down(): Promise<void> {
  return Promise.reject(new Error('Migrations only go forward.'));
}
