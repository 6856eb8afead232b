import type { Knex } from 'knex';

/** Many people at once: jobs, their rows, what officers looked at, and who may open the passwords. Times are Unix seconds. */
export async function up(knex: Knex): Promise<void> {
  await jobs(knex);
  await rows(knex);
  await people(knex);
}

export async function down(): Promise<void> {
  return Promise.reject(new Error('Migrations only go forward.'));
}

async function jobs(knex: Knex): Promise<void> {
  await knex.schema.createTable('bulk_jobs', table => {
    table.string('id', 32).primary();
    table.string('organisation', 13).notNullable();
    table.string('submitted_by', 64).notNullable().comment('id of the LRA in people');
    table.string('lra_member', 64).notNullable().comment('id of the LRA on the roll');
    table.string('profile', 64).notNullable();
    table.string('language', 2).notNullable();
    table.string('file_hash', 64).notNullable().comment('SHA-256 of the upload');
    table.string('file_name', 255).notNullable();
    table.integer('size').notNullable();
    table.string('state', 24).notNullable();
    table.string('delivery', 8).notNullable().comment('person | package');
    table.string('key_algorithm', 16).notNullable();
    table.integer('compatibility').notNullable();
    table.string('custodian', 64).notNullable().comment('id in people; never the one who submitted');
    table.string('seal_to', 64).notNullable().comment('public half of the custodian, X25519, hex');
    table.text('register').notNullable().comment('JSON, RegisterRecords: one look for all rows');
    table.integer('round').notNullable().comment('from 1; a run with new documents is another round');
    table.string('attestation_digest', 64);
    table.string('list_digest', 64);
    table.text('sample').comment('JSON, positions in the list');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('changed_at').notNullable();
    table.bigInteger('started_at').comment('first order of this round');
    table.bigInteger('finished_at');
    table.index(['organisation', 'created_at']);
    table.index(['state']);
    table.check('custodian <> submitted_by', [], 'bulk_jobs_two_people');
  });
}

async function rows(knex: Knex): Promise<void> {
  await knex.schema.createTable('bulk_rows', table => {
    table.string('job_id', 32).notNullable().references('bulk_jobs.id');
    table.integer('row_number').notNullable().comment('as Excel counts');
    table.string('file_hash', 64).comment('null once cancelled: the row may be submitted again');
    table.string('profile', 64).notNullable();
    table.string('state', 16).notNullable();
    table.string('code', 64).comment('why it failed');
    table.text('fault').comment('JSON: what explains the code');
    table.text('content').notNullable().comment('JSON: claim, as typed, how the person was seen');
    table.string('name', 255).notNullable();
    table.string('mailbox', 255).notNullable();
    table.string('case_id', 32).unique();
    table.string('digest', 64);
    table.integer('position').comment('in the list of the round');
    table.bigInteger('changed_at').notNullable();
    table.bigInteger('issued_at');
    table.primary(['job_id', 'row_number']);
    table.unique(['file_hash', 'row_number', 'profile']);
    table.index(['job_id', 'state', 'row_number']);
    table.index(['job_id', 'position']);
  });
  await knex.schema.createTable('bulk_looks', table => {
    table.string('job_id', 32).notNullable().references('bulk_jobs.id');
    table.integer('round').notNullable();
    table.integer('position').notNullable();
    table.string('member_id', 64).notNullable().comment('the officer who looked');
    table.bigInteger('looked_at').notNullable();
    table.primary(['job_id', 'round', 'position', 'member_id']);
  });
}

async function people(knex: Knex): Promise<void> {
  await knex.schema.createTable('pin_custodians', table => {
    table.string('person_id', 64).notNullable().references('people.id');
    table.string('public_key', 64).notNullable().comment('X25519, hex; the secret stays with its owner');
    table.bigInteger('registered_at').notNullable();
    table.primary(['person_id', 'public_key']);
  });
}
