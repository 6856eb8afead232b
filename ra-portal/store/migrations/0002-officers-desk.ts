import type { Knex } from 'knex';

/** What officers add to cases: whose turn it is, until when, what was said and what happened. Times are Unix seconds. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('applications', table => {
    table.integer('followed').notNullable().defaultTo(0).comment('0 until the desk has seen the newest change');
  });
  await knex.raw('create index applications_unfollowed on applications (changed_at) where followed = 0');
  await desk(knex);
  await words(knex);
  await events(knex);
}

export async function down(): Promise<void> {
  return Promise.reject(new Error('Migrations only go forward.'));
}

async function desk(knex: Knex): Promise<void> {
  await knex.schema.createTable('case_desk', table => {
    table.string('case_id', 32).primary().references('applications.case_id');
    table.string('stage', 16).notNullable().comment('open | applicant | done');
    table.bigInteger('submitted_at').notNullable();
    table.bigInteger('changed_at').notNullable();
    table.bigInteger('due_at').comment('null while the clock stands still');
    table.integer('time_left').comment('seconds of working time, while the clock stands still');
    table.string('claimed_by', 64);
    table.bigInteger('claimed_until');
    table.string('profile', 64).notNullable();
    table.text('search_text').notNullable().comment('names and numbers, folded');
    table.index(['stage', 'due_at']);
    table.index(['stage', 'changed_at']);
    table.index(['claimed_by', 'stage']);
  });
  await knex.schema.createTable('case_editors', table => {
    table.string('case_id', 32).notNullable().references('applications.case_id');
    table.string('editor', 255).notNullable().comment('member id or mailbox of who may not approve the case');
    table.bigInteger('created_at').notNullable();
    table.primary(['case_id', 'editor']);
  });
}

async function words(knex: Knex): Promise<void> {
  await knex.schema.createTable('case_remarks', table => {
    table.increments('id');
    table.string('case_id', 32).notNullable().references('applications.case_id');
    table.string('field', 64).notNullable();
    table.string('reason', 64).notNullable();
    table.index('case_id');
  });
  await knex.schema.createTable('case_notes', table => {
    table.increments('id');
    table.string('case_id', 32).notNullable().references('applications.case_id');
    table.string('written_by', 64).notNullable();
    table.text('note').notNullable().comment('for officers only');
    table.bigInteger('created_at').notNullable();
    table.index('case_id');
  });
}

async function events(knex: Knex): Promise<void> {
  await knex.schema.createTable('case_events', table => {
    table.string('case_id', 32).notNullable();
    table.integer('seq').notNullable().comment('of the audit log');
    table.text('event').notNullable().comment('JSON, AuditEvent');
    table.primary(['case_id', 'seq']);
  });
  await knex.schema.createTable('followed_logs', table => {
    table.string('name', 32).primary();
    table.integer('next').notNullable();
  });
  await knex('followed_logs').insert({ name: 'audit', next: 0 });
}
