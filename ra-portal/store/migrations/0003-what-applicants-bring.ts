import type { Knex } from 'knex';

/** Drafts, uploaded documents, what was typed beside what is kept, known devices, and reports of problems. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('applications', table => {
    table.string('role_name', 255);
    table.string('licence', 255);
    table.text('typed').comment('JSON: fields as they were typed, where that differs from what is kept');
  });
  await drafts(knex);
  await uploads(knex);
  await doors(knex);
  await reports(knex);
}

export async function down(): Promise<void> {
  return Promise.reject(new Error('Migrations only go forward.'));
}

async function drafts(knex: Knex): Promise<void> {
  await knex.schema.createTable('drafts', table => {
    table.string('id', 64).primary().comment('SHA-256 of the token in the cookie');
    table.text('form').notNullable().comment('JSON, FormText');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('changed_at').notNullable().index();
  });
}

async function uploads(knex: Knex): Promise<void> {
  await knex.schema.createTable('uploads', table => {
    table.string('id', 36).primary();
    table.string('owner', 64).notNullable().index().comment('draft id, then case id');
    table.string('document', 64).notNullable().comment('id of policies/identity.yaml');
    table.string('kind', 8).notNullable().comment('pdf | jpeg | png | heic, by its octets');
    table.integer('octets').notNullable();
    table.bigInteger('valid_until').comment('as its holder says');
    table.binary('sealed').notNullable().comment('AES-256-GCM: nonce, tag, ciphertext');
    table.bigInteger('created_at').notNullable();
  });
}

async function doors(knex: Knex): Promise<void> {
  await knex.schema.createTable('known_devices', table => {
    table.string('token_hash', 64).primary();
    table.string('case_id', 32).notNullable().index();
    table.bigInteger('created_at').notNullable();
  });
  await knex.schema.createTable('entry_passes', table => {
    table.string('case_id', 32).primary();
    table.string('hash', 64).notNullable().comment('SHA-256 of a 120-bit pass that was mailed');
    table.bigInteger('expires_at').notNullable();
  });
}

async function reports(knex: Knex): Promise<void> {
  await knex.schema.createTable('problem_reports', table => {
    table.string('id', 32).primary().comment('the receipt number, 80 random bits');
    table.string('kind', 16).notNullable().comment('problem | release | notMine');
    table.string('serial_number', 40).index();
    table.string('case_id', 32).index();
    table.text('words').notNullable();
    table.string('contact', 255).notNullable();
    table.string('language', 2).notNullable();
    table.bigInteger('created_at').notNullable().index();
    table.bigInteger('closed_at');
    table.string('closed_by', 64);
    table.string('outcome', 32);
    table.text('answer');
  });
}
