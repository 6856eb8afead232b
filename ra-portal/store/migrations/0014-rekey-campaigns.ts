import type { Knex } from 'knex';

/** Campaigns that ask subscribers to apply anew before their certificates are revoked. Times are Unix seconds. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('rekey_campaigns', table => {
    table.string('id', 36).primary();
    table.string('chosen_by', 255).notNullable();
    table.bigInteger('revoke_at').notNullable().comment('when the certificates are planned to be revoked');
    table.string('created_by', 64).notNullable();
    table.bigInteger('created_at').notNullable().index();
    table.bigInteger('ended_at').comment('from then on nobody is reminded');
  });
  await knex.schema.createTable('rekey_invitations', table => {
    table.string('campaign_id', 36).notNullable().references('rekey_campaigns.id');
    table.string('serial_number', 40).notNullable();
    table.string('case_id', 255).notNullable().index();
    table.bigInteger('invited_at');
    table.bigInteger('reminded_at');
    table.primary(['campaign_id', 'serial_number']);
  });
}

export async function down(): Promise<void> {
  return Promise.reject(new Error('Migrations only go forward.'));
}
