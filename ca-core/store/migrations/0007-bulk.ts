import type { Knex } from 'knex';

/** Lists that an LRA attested: their orders, whether they are held, and the PKCS#12 of each row. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('issuance_orders', table => {
    table.string('attested_list', 64).comment('digest of the attested list that the case is in');
    table.text('attestation').comment("JSON {text, approval}: the LRA's");
    table.index(['state', 'attested_list', 'created_at']);
  });
  await knex.schema.createTable('held_lists', table => {
    table.string('digest', 64).primary().comment('of this list nothing is issued for the time being');
    table.bigInteger('created_at').notNullable();
  });
  await knex.schema.alterTable('list_cases', table => {
    table.index(['case_digest']);
  });
  await knex.schema.alterTable('deliveries', table => {
    table
      .binary('wrapped_key')
      .comment("key and password under a key of the CA core's home, until the PKCS#12 is made");
    table.binary('pkcs12');
    table.binary('sealed_password').comment('HPKE: enc (32 octets) and ciphertext');
  });
}

export async function down(): Promise<void> {
  return Promise.reject(new Error('The CA never forgets: migrations only go forward.'));
}
