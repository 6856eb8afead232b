import type { Knex } from 'knex';

/** USB tokens, the jobs that make one a person's own, and what happened to each. Times are Unix seconds. */
export async function up(knex: Knex): Promise<void> {
  await tokens(knex);
  await jobs(knex);
  await events(knex);
}

async function tokens(knex: Knex): Promise<void> {
  await knex.schema.createTable('usb_tokens', table => {
    table.string('serial', 64).primary();
    table.string('model', 64).notNullable();
    table.string('station', 64).notNullable().index().comment('member id of the station at which it lies');
    table.string('state', 16).notNullable().index();
    table.string('case_id', 32).unique().comment('whose key is on it, or will be; null: nobody’s');
    table.string('holder_name', 255);
    table.string('holder_mailbox', 255);
    table.string('organisation_name', 255);
    table.string('corporate_number', 13).index();
    table.string('issuer', 64).comment('of the certificate on it');
    table.string('serial_number', 40);
    table.string('awaits', 16).comment('revocation | release: written down, and not done by the CA core yet');
    table.string('reason', 32).comment('of the revocation that it awaits');
    table.string('document', 64).comment('digest of what waits for signatures, or waited last');
    table.string('letter_by', 64).comment('who handed the PIN letter over');
    table.bigInteger('letter_at');
    table.string('handed_by', 64).comment('who handed the token over');
    table.bigInteger('handed_at');
    table.bigInteger('changed_at').notNullable();
    table.check('letter_by IS NULL OR handed_by IS NULL OR letter_by <> handed_by', [], 'usb_tokens_two_people');
    table.check("state <> 'active' OR serial_number IS NOT NULL", [], 'usb_tokens_active_with_certificate');
  });
}

async function jobs(knex: Knex): Promise<void> {
  await knex.schema.createTable('token_jobs', table => {
    table.string('id', 36).primary();
    table.string('lot', 36).notNullable();
    table.integer('number').notNullable().comment('in its lot, from 1');
    table.integer('size').notNullable().comment('of the lot');
    table.string('serial', 64).notNullable().references('usb_tokens.serial');
    table.string('station', 64).notNullable();
    table.string('case_id', 32).notNullable().index();
    table.string('algorithm', 16).notNullable();
    table.string('label', 32).notNullable();
    table.string('state', 16).notNullable().comment('open | active | damaged | failed');
    table.text('former_key').notNullable().comment('JSON: where the key was to come from before');
    table.string('given_by', 64).notNullable();
    table.bigInteger('given_at').notNullable();
    table.bigInteger('taken_at');
    table.bigInteger('requested_at');
    table.string('key_hash', 64).comment('SHA-256 of its SubjectPublicKeyInfo, hex');
    table.bigInteger('ended_at');
    table.string('reason', 500);
    table.bigInteger('letter_made_at');
    table.unique(['lot', 'number']);
    table.index(['station', 'state']);
    table.check("(ended_at IS NULL) = (state = 'open')", [], 'token_jobs_ended_whole');
  });
  // One token is made for one case at a time, and one case on one token.
  const open = "WHERE state = 'open'";
  await knex.raw(`CREATE UNIQUE INDEX token_jobs_one_of_a_token ON token_jobs (serial) ${open}`);
  await knex.raw(`CREATE UNIQUE INDEX token_jobs_one_of_a_case ON token_jobs (case_id) ${open}`);
}

async function events(knex: Knex): Promise<void> {
  await knex.schema.createTable('token_events', table => {
    table.increments('id');
    table.string('serial', 64).notNullable().index();
    table.bigInteger('at').notNullable();
    table.string('actor', 64).notNullable();
    table.string('act', 16).notNullable();
    table.string('state', 16).notNullable().comment('after it');
    table.text('details').notNullable().comment('JSON: case, job, reason, document, note');
  });
}

export async function down(): Promise<void> {
  return Promise.reject(new Error('Migrations only go forward.'));
}
