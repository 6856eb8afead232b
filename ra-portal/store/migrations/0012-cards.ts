import type { Knex } from 'knex';

/** JCANパス cards, what lies on them, and the nonces by which they are proved. Times are Unix seconds. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('cards', table => {
    table.string('idm', 16).primary().comment('hex; everybody can read it, it proves nothing');
    table.string('fcf_id', 24).index().comment('number of the FCF format, where the card has one');
    table.string('state', 16).notNullable();
    table.string('key_id', 20).notNullable().unique().comment('names the secret on the card, hex');
    table.string('public_key', 64).notNullable().unique().comment('X25519, hex: private keys are sealed to it');
    table.text('proof_key').notNullable().comment('sealed, base64');
    table.string('prepared_by', 64).notNullable();
    table.bigInteger('prepared_at').notNullable();
    table.string('holder_mailbox', 255).index().comment('folded');
    table.string('holder_name', 255);
    table.string('corporate_number', 13);
    table.string('bound_by', 64);
    table.bigInteger('bound_at');
    table.string('ended_by', 64);
    table.bigInteger('ended_at');
    table.string('decision', 16).comment('of its certificates when it ended: revoke | keep');
    table.string('note', 1000);
    table.check("state <> 'bound' OR holder_mailbox IS NOT NULL", [], 'cards_bound_to_somebody');
    table.check('(ended_at IS NULL) = (decision IS NULL)', [], 'cards_ended_whole');
  });
  await knex.schema.createTable('passes', table => {
    table.string('id', 36).primary();
    table.string('idm', 16).notNullable().references('cards.idm');
    table.string('case_id', 32).notNullable();
    table.string('state', 16).notNullable();
    table.text('share').comment('the server’s share of the password, sealed, base64; null once destroyed');
    table.bigInteger('made_at').notNullable();
    table.bigInteger('ended_at');
    table.unique(['idm', 'case_id']);
    table.check('(ended_at IS NULL) = (share IS NOT NULL)', [], 'passes_ended_have_no_share');
  });
  await knex.schema.createTable('card_nonces', table => {
    table.string('nonce', 64).primary();
    table.string('idm', 16).notNullable().index();
    table.string('purpose', 16).notNullable();
    table.bigInteger('expires_at').notNullable();
  });
}

export async function down(): Promise<void> {
  return Promise.reject(new Error('Migrations only go forward.'));
}
