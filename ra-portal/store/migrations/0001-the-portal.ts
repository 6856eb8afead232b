import type { Knex } from 'knex';

/** Times are Unix seconds; codes and session tokens are kept as hashes only; records are JSON text. */
export async function up(knex: Knex): Promise<void> {
  await applications(knex);
  await reviews(knex);
  await visits(knex);
  await registers(knex);
  await letters(knex);
}

export async function down(): Promise<void> {
  return Promise.reject(new Error('Migrations only go forward.'));
}

async function applications(knex: Knex): Promise<void> {
  await knex.schema.createTable('applications', table => {
    table.string('case_id', 32).primary();
    table.string('submission_id', 64).notNullable().unique().comment('drawn with the form: a form counts once');
    table.string('state', 16).notNullable();
    table.string('language', 2).notNullable();
    table.string('profile', 64).notNullable();
    table.string('kanji_name', 255).notNullable();
    table.string('kana_name', 255).notNullable();
    table.string('roman_name', 255).notNullable();
    table.string('corporate_number', 13).notNullable();
    table.string('organisation_name', 255).notNullable();
    table.string('mailbox', 255).notNullable();
    table.string('key_from', 8).notNullable().comment('server | csr');
    table.text('subject_key').notNullable().comment('JSON, SubjectKey of the case document');
    table.string('access_code', 255).notNullable().comment('scrypt, salted');
    table.string('mailbox_code', 64).comment('SHA-256 of a 128-bit code');
    table.bigInteger('mailbox_code_expires_at');
    table.bigInteger('mailbox_proved_at');
    table.string('decision_reason', 64);
    table.text('decision_note');
    table.string('document_digest', 64).comment('the document that stands for the case as it is now');
    table.bigInteger('submitted_at').notNullable();
    table.bigInteger('changed_at').notNullable();
    table.index(['state', 'submitted_at']);
  });
}

async function reviews(knex: Knex): Promise<void> {
  await knex.schema.createTable('case_register_records', table => {
    table.increments('id');
    table.string('case_id', 32).notNullable().references('applications.case_id');
    table.text('records').notNullable().comment('JSON, RegisterRecords');
    table.bigInteger('fetched_at').notNullable();
    table.index('case_id');
  });
  await knex.schema.createTable('case_evidence', table => {
    table.string('id', 36).primary();
    table.string('case_id', 32).notNullable().references('applications.case_id');
    table.text('record').notNullable().comment('JSON, EvidenceRecord');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('withdrawn_at');
    table.index('case_id');
  });
  await knex.schema.createTable('case_variations', table => {
    table.string('case_id', 32).notNullable().references('applications.case_id');
    table.string('field', 64).notNullable();
    table.string('confirmed_by', 64).notNullable();
    table.bigInteger('created_at').notNullable();
    table.primary(['case_id', 'field']);
  });
}

async function visits(knex: Knex): Promise<void> {
  await knex.schema.createTable('portal_sessions', table => {
    table.string('token_hash', 64).primary();
    table.string('kind', 16).notNullable().comment('officer | applicant');
    table.string('subject', 64).notNullable().comment('member id or case id');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('seen_at').notNullable();
    table.bigInteger('ended_at');
  });
  await knex.schema.createTable('sign_in_challenges', table => {
    table.string('challenge', 64).primary();
    table.bigInteger('expires_at').notNullable();
  });
  await knex.schema.createTable('code_attempts', table => {
    table.string('about', 64).primary().comment('what the code opens');
    table.integer('wrong').notNullable();
    table.bigInteger('blocked_until').notNullable();
  });
}

async function registers(knex: Knex): Promise<void> {
  await knex.schema.createTable('register_snapshots', table => {
    table.string('id', 36).primary();
    table.string('register', 8).notNullable().comment('nta | robins');
    table.integer('entries').notNullable();
    table.bigInteger('current_since').comment('null while it loads');
  });
  await knex.schema.createTable('register_entries', table => {
    table.string('snapshot_id', 36).notNullable();
    table.string('corporate_number', 13).notNullable();
    table.text('entry').notNullable().comment('the very text of the snapshot: a CSV row, or canonical JSON');
    table.primary(['snapshot_id', 'corporate_number']);
  });
}

async function letters(knex: Knex): Promise<void> {
  await knex.schema.createTable('letters', table => {
    table.string('id', 36).primary();
    table.string('mailbox', 255).notNullable();
    table.text('subject').notNullable();
    table.text('body').notNullable().comment('emptied once the letter is sent');
    table.integer('attempts').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('next_attempt_at').notNullable();
    table.bigInteger('sent_at');
    table.index(['sent_at', 'next_attempt_at']);
  });
}
