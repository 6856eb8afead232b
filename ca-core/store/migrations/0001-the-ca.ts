import type { Knex } from 'knex';

/** Times are Unix seconds, DER is binary, digests and serial numbers are lower-case hex, JSON is canonical text. */
export async function up(knex: Knex): Promise<void> {
  await publicFacts(knex);
  await approvals(knex);
  await issuance(knex);
  await status(knex);
  await crlsAndSigners(knex);
  await auditing(knex);
}

export async function down(): Promise<void> {
  return Promise.reject(new Error('The CA never forgets: migrations only go forward.'));
}

async function publicFacts(knex: Knex): Promise<void> {
  await knex.schema.createTable('issuers', table => {
    table.string('id', 64).notNullable().primary().comment('SHA-256 of the SubjectPublicKeyInfo');
    table.string('name', 64).notNullable().unique().comment('root, issuing: the last part of its URLs');
    table.string('role', 16).notNullable().comment('root | issuing');
    table.binary('certificate').notNullable();
    table.bigInteger('created_at').notNullable();
  });
  await knex.schema.createTable('service_states', table => {
    table.string('service', 32).notNullable().primary();
    table.string('state', 8).notNullable().comment('green | red');
    table.text('detail').notNullable();
    table.bigInteger('seen_at').notNullable();
  });
}

async function approvals(knex: Knex): Promise<void> {
  await knex.schema.createTable('documents', table => {
    table.string('digest', 64).notNullable().primary();
    table.string('kind', 16).notNullable();
    table.string('subject_id', 255).notNullable().comment('case id, serial number or roll number');
    table.text('document').notNullable();
    table.bigInteger('created_at').notNullable();
    table.index(['kind', 'subject_id']);
  });
  await knex.schema.createTable('approvals', table => {
    table.string('id', 36).notNullable().primary();
    table.string('digest', 64).notNullable().references('documents.digest');
    table.string('member_id', 64).notNullable();
    table.text('assertion').notNullable().comment('JSON, see ca-core/approvals/assertion.ts');
    table.bigInteger('expires_at').notNullable();
    table.bigInteger('created_at').notNullable();
    table.unique(['digest', 'member_id']);
  });
  await knex.schema.createTable('rolls', table => {
    table.integer('number').primary();
    table.string('digest', 64).notNullable().unique();
    table.text('document').notNullable();
    table.text('approvals').notNullable();
    table.string('authorised_by', 16).notNullable().comment('console | officers');
    table.bigInteger('created_at').notNullable();
  });
  await knex.schema.createTable('invitations', table => {
    table.string('id', 36).notNullable().primary();
    table.string('member_id', 64).notNullable();
    table.string('role', 16).notNullable();
    table.bigInteger('expires_at').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('closed_at');
  });
  await knex.schema.createTable('enrolments', table => {
    table.string('id', 36).notNullable().primary();
    table.string('invitation_id', 36).notNullable().references('invitations.id');
    table.string('use', 8).notNullable().comment('approve | signIn');
    table.string('credential_id', 1400).notNullable();
    table.text('public_key').notNullable().comment('DER SubjectPublicKeyInfo, hex');
    table.string('name', 255).notNullable();
    table.string('mailbox', 255).notNullable();
    table.string('mac', 64).notNullable();
    table.bigInteger('created_at').notNullable();
    table.unique(['invitation_id', 'credential_id']);
  });
}

async function issuance(knex: Knex): Promise<void> {
  await knex.schema.createTable('issuance_orders', table => {
    table.string('id', 36).notNullable().primary();
    table.string('case_id', 255).notNullable().unique();
    table.string('digest', 64).notNullable().unique();
    table.text('document').notNullable();
    table.text('approvals').notNullable().comment('JSON array of assertions');
    table.string('state', 16).notNullable().comment('waiting | claimed | intended | issued | refused');
    table.string('claimed_by', 64);
    table.text('refusal').comment('JSON of the PkiError');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('closed_at');
    table.index(['state', 'created_at']);
  });
  await knex.schema.createTable('intentions', table => {
    table.string('order_id', 36).notNullable().primary();
    table.string('case_id', 255).notNullable().unique();
    table.string('case_digest', 64).notNullable().unique();
    table.string('issuer', 64).notNullable();
    table.string('serial_number', 40).notNullable();
    table.string('profile', 64).notNullable();
    table.binary('tbs_certificate').notNullable();
    table.string('mac', 64).notNullable();
    table.unique(['issuer', 'serial_number']);
  });
  await knex.schema.createTable('certificates', table => {
    table.string('issuer', 64).notNullable();
    table.string('serial_number', 40).notNullable();
    table.string('order_id', 36).unique();
    table.string('case_id', 255).unique();
    table.string('profile', 64).notNullable();
    table.integer('crl_shard').notNullable();
    table.binary('certificate').notNullable();
    table.bigInteger('not_before').notNullable();
    table.bigInteger('not_after').notNullable();
    table.bigInteger('created_at').notNullable();
    table.primary(['issuer', 'serial_number']);
  });
  await knex.schema.createTable('deliveries', table => {
    table.string('case_id', 255).notNullable().primary();
    table.binary('sealed_key').comment('HPKE: null once picked up, expired, or where the applicant holds the key');
    table.bigInteger('expires_at').notNullable();
    table.bigInteger('picked_up_at');
  });
}

async function status(knex: Knex): Promise<void> {
  await knex.schema.createTable('revocation_orders', table => {
    table.string('id', 36).notNullable().primary();
    table.string('action', 8).notNullable().comment('revoke | release');
    table.string('issuer', 64).notNullable();
    table.string('serial_number', 40).notNullable();
    table.string('asked_by', 16).notNullable().comment('officer | subscriber');
    table.string('digest', 64).notNullable().unique();
    table.text('document').notNullable();
    table.text('approvals').notNullable();
    table.string('state', 16).notNullable().comment('waiting | applied | refused');
    table.text('refusal');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('closed_at');
    table.index(['state', 'created_at']);
  });
  await knex.schema.createTable('status_changes', table => {
    table.increments('seq');
    table.string('issuer', 64).notNullable();
    table.string('serial_number', 40).notNullable();
    table.string('change', 8).notNullable().comment('issued | revoked | released');
    table.string('reason', 32);
    table.bigInteger('revoked_at');
    table.bigInteger('invalidity_date');
    table.bigInteger('not_after').notNullable();
    table.string('order_id', 36).unique();
    table.bigInteger('created_at').notNullable();
    table.index(['issuer', 'serial_number']);
  });
  // What was revoked or released is looked at every turn, among many more that were only issued.
  await knex.raw("create index status_decisions on status_changes (issuer, seq) where change <> 'issued'");
}

async function crlsAndSigners(knex: Knex): Promise<void> {
  await knex.schema.createTable('crl_orders', table => {
    table.string('id', 36).notNullable().primary();
    table.string('issuer', 64).notNullable();
    table.string('because', 255).notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('closed_at');
  });
  await knex.schema.createTable('crls', table => {
    table.string('issuer', 64).notNullable();
    table.bigInteger('crl_number').notNullable();
    table.binary('crl').notNullable();
    table.bigInteger('this_update').notNullable();
    table.bigInteger('next_update').notNullable();
    table.integer('entries').notNullable();
    table.integer('through_seq').notNullable().comment('status_changes up to here are in it');
    table.bigInteger('created_at').notNullable();
    table.primary(['issuer', 'crl_number']);
  });
  await knex.schema.createTable('signer_requests', table => {
    table.string('id', 36).notNullable().primary();
    table.string('issuer', 64).notNullable();
    table.text('statement').notNullable();
    table.binary('signature').notNullable();
    table.string('state', 16).notNullable().comment('waiting | issued | refused');
    table.binary('certificate');
    table.text('refusal');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('closed_at');
  });
}

async function auditing(knex: Knex): Promise<void> {
  await knex.schema.createTable('audit_outbox', table => {
    table.increments('id');
    table.text('event').notNullable().comment('JSON, see ca-core/audit/leaf.ts');
  });
  await knex.schema.createTable('audit_log', table => {
    table.integer('seq').primary();
    table.binary('leaf').notNullable();
    table.binary('leaf_hash').notNullable();
  });
}
