import type { Knex } from 'knex';

/** What follows a certificate to its end and its papers beyond it. Times are Unix seconds, JSON is text. */
export async function up(knex: Knex): Promise<void> {
  await notices(knex);
  await renewals(knex);
  await reviews(knex);
  await retention(knex);
}

export async function down(): Promise<void> {
  return Promise.reject(new Error('Migrations only go forward.'));
}

async function notices(knex: Knex): Promise<void> {
  await knex.schema.createTable('expiry_notices', table => {
    table.string('serial_number', 40).notNullable();
    table.integer('days').notNullable().comment('before the end, of policies/schedule.yaml');
    table.string('case_id', 32).notNullable().index();
    table.string('organisation', 13).notNullable();
    table.bigInteger('not_after').notNullable();
    table.bigInteger('posted_at').comment('null: a later notice was due already');
    table.bigInteger('digested_at').comment('null until the organisation’s desk was told');
    table.primary(['serial_number', 'days']);
    table.index(['digested_at', 'organisation']);
  });
  await knex.schema.createTable('review_reminders', table => {
    table.string('about', 64).notNullable().comment('the report or review, and whom');
    table.integer('number').notNullable();
    table.bigInteger('posted_at').notNullable();
    table.primary(['about', 'number']);
  });
}

async function renewals(knex: Knex): Promise<void> {
  await knex.schema.alterTable('drafts', table => {
    table.string('renews', 32).comment('case id whose fields it began with');
    table.bigInteger('mailbox_proved_at').comment('where a mailed code opened it');
  });
  await knex.schema.createTable('renewals', table => {
    table.string('case_id', 32).primary();
    table.string('renews', 32).notNullable().index().comment('case id of the certificate before');
    table.bigInteger('created_at').notNullable();
  });
  await knex.schema.createTable('renewal_codes', table => {
    table.string('case_id', 32).primary();
    table.string('hash', 64).notNullable().comment('SHA-256 of a 120-bit code that was mailed');
    table.bigInteger('expires_at').notNullable();
  });
}

async function reviews(knex: Knex): Promise<void> {
  await knex.schema.createTable('lra_reports', table => {
    table.string('organisation', 13).notNullable();
    table.integer('year').notNullable();
    table.text('figures').notNullable().comment('JSON, as it was signed off');
    table.string('hash', 64).notNullable().comment('SHA-256 of the figures');
    table.text('remark').notNullable();
    table.string('signed_by', 64).notNullable().comment('id of the LRA in people');
    table.bigInteger('signed_at').notNullable();
    table.primary(['organisation', 'year']);
  });
  await knex.schema.createTable('access_reviews', table => {
    table.string('id', 16).primary().comment('2026-Q4');
    table.bigInteger('opened_at').notNullable();
    table.bigInteger('due_at').notNullable();
    table.string('signed_by', 64);
    table.bigInteger('signed_at');
    table.text('record').comment('JSON: the accounts and decisions as they were signed off');
    table.string('hash', 64).comment('SHA-256 of the record');
    table.check('(signed_by IS NULL) = (signed_at IS NULL)', [], 'access_reviews_signed_whole');
  });
  await knex.schema.createTable('access_decisions', table => {
    table.string('review_id', 16).notNullable().references('access_reviews.id');
    table.string('account', 160).notNullable().comment('kind and id');
    table.string('decision', 16).notNullable().comment('keep | withdraw');
    table.string('decided_by', 64).notNullable();
    table.bigInteger('decided_at').notNullable();
    table.primary(['review_id', 'account']);
  });
}

/** Officers alone place holds, by two; the comment on `confirmed_by` tells of an auditor who never could. */
async function retention(knex: Knex): Promise<void> {
  await knex.schema.createTable('legal_holds', table => {
    table.string('id', 36).primary();
    table.string('case_id', 32).notNullable().index();
    table.string('reason', 1000).notNullable();
    table.string('placed_by', 64).notNullable();
    table.bigInteger('placed_at').notNullable();
    table.string('confirmed_by', 64).comment('the second person, or the auditor who placed it alone');
    table.bigInteger('confirmed_at');
    table.string('release_by', 64);
    table.bigInteger('release_asked_at');
    table.string('released_by', 64);
    table.bigInteger('released_at');
    table.check('(released_by IS NULL) = (released_at IS NULL)', [], 'legal_holds_released_whole');
  });
  await knex.schema.createTable('deletions', table => {
    table.string('id', 36).primary();
    table.string('class', 32).notNullable().comment('of policies/retention.yaml');
    table.string('rule', 128).notNullable().comment('as it stood then');
    table.string('case_id', 64).index().comment('null where what went belonged to no case');
    table.integer('count').notNullable();
    table.string('hash', 64).notNullable().comment('SHA-256 of what went');
    table.bigInteger('deleted_at').notNullable().index();
  });
  await knex.schema.alterTable('applications', table => {
    table.bigInteger('erased_at').comment('from then on it names nobody');
    table.index(['mailbox', 'profile']);
  });
}
