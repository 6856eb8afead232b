import type { Knex } from 'knex';

/** Who has an account besides officers (they stand on the signed roll), with which role, and how they sign in. Times are Unix seconds. */
export async function up(knex: Knex): Promise<void> {
  await people(knex);
  await roles(knex);
  await signInMeans(knex);
  await knex.schema.alterTable('portal_sessions', table => {
    table.string('means', 16).notNullable().defaultTo('passkey').comment('passkey | certificate | totp | accessCode');
    table.index(['kind', 'subject']);
  });
  for (const statement of isPostgres(knex) ? onPostgres : onSqlite) await knex.raw(statement);
}

export async function down(): Promise<void> {
  return Promise.reject(new Error('Migrations only go forward.'));
}

const isPostgres = (knex: Knex): boolean => (knex.client as { readonly dialect: string }).dialect === 'postgresql';

async function people(knex: Knex): Promise<void> {
  await knex.schema.createTable('people', table => {
    table.string('id', 36).primary();
    table.string('name', 255).notNullable();
    table.string('mailbox', 255).notNullable().unique().comment('folded: one person, one account');
    table.string('organisation', 13).comment('Corporate Number, of an LRA only');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('suspended_at');
  });
}

async function roles(knex: Knex): Promise<void> {
  await knex.schema.createTable('role_changes', table => {
    table.string('id', 36).primary();
    table.string('person_id', 36).notNullable().references('people.id');
    table.string('change', 16).notNullable().comment('grant | withdraw | reinstate | recover');
    table.string('role', 16).comment('null for reinstate and recover');
    table.string('proposed_by', 64).notNullable();
    table.bigInteger('proposed_at').notNullable();
    table.string('confirmed_by', 64);
    table.bigInteger('confirmed_at');
    table.string('declined_by', 64);
    table.bigInteger('declined_at');
    table.check('proposed_by <> person_id', [], 'role_changes_not_own');
    table.check('confirmed_by <> person_id', [], 'role_changes_not_by_self');
    table.check('confirmed_by <> proposed_by', [], 'role_changes_by_two');
    table.check('(confirmed_by IS NULL) = (confirmed_at IS NULL)', [], 'role_changes_confirmed_whole');
    table.check('confirmed_at IS NULL OR declined_at IS NULL', [], 'role_changes_one_end');
    table.index('person_id');
  });
  await knex.schema.createTable('person_roles', table => {
    table.string('person_id', 36).notNullable().references('people.id');
    table.string('role', 16).notNullable();
    table.string('change_id', 36).notNullable().unique().references('role_changes.id');
    table.bigInteger('given_at').notNullable();
    table.primary(['person_id', 'role']);
    table.check("role IN ('lra', 'caOperator', 'auditor', 'administrator')", [], 'person_roles_given_roles');
  });
}

async function signInMeans(knex: Knex): Promise<void> {
  await knex.schema.createTable('person_invitations', table => {
    table.string('link_hash', 64).primary().comment('SHA-256 of the mailed link');
    table.string('person_id', 36).notNullable().references('people.id');
    table.string('code', 255).notNullable().comment('scrypt; handed over another way than the link');
    table.bigInteger('expires_at').notNullable();
    table.bigInteger('closed_at');
    table.index('person_id');
  });
  await knex.schema.createTable('person_passkeys', table => {
    table.string('credential_id', 1400).primary();
    table.string('person_id', 36).notNullable().references('people.id');
    table.text('public_key').notNullable().comment('DER SubjectPublicKeyInfo, hex');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('ended_at');
    table.index('person_id');
  });
  await knex.schema.createTable('bound_certificates', table => {
    table.string('issuer', 64).notNullable();
    table.string('serial_number', 40).notNullable();
    table.string('person_id', 64).notNullable().comment('id in people, or member id of an officer');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('ended_at');
    table.primary(['issuer', 'serial_number']);
    table.index('person_id');
  });
  await knex.schema.createTable('person_totp', table => {
    table.string('person_id', 36).primary().references('people.id');
    table.text('sealed_secret').notNullable().comment('AES-256-GCM under the key in the portal’s home');
    table.string('phrase', 255).notNullable().comment('scrypt');
    table.bigInteger('last_step').notNullable().comment('time step of the newest code taken: none counts twice');
    table.bigInteger('confirmed_at').comment('null until the first code was shown');
    table.bigInteger('created_at').notNullable();
  });
}

/** What of the roles held already forbids another: only the administrator and the CA operator may be one person. */
const pairForbidden = `EXISTS (SELECT 1 FROM person_roles held WHERE held.person_id = NEW.person_id
  AND held.role <> NEW.role AND NOT (held.role IN ('administrator', 'caOperator') AND NEW.role IN ('administrator', 'caOperator')))`;

/** A role comes of a change that two confirmed, and of no other row. */
const changeMissing = `NOT EXISTS (SELECT 1 FROM role_changes made WHERE made.id = NEW.change_id AND made.person_id = NEW.person_id
  AND made.role = NEW.role AND made.change = 'grant' AND made.confirmed_at IS NOT NULL)`;

const newestRoll = 'roll.number = (SELECT max(number) FROM rolls)';
const isOfficer = {
  sqlite: `EXISTS (SELECT 1 FROM people one, rolls roll, json_each(roll.document, '$.members') member
    WHERE one.id = NEW.person_id AND ${newestRoll} AND json_extract(member.value, '$.role') = 'officer'
    AND lower(trim(json_extract(member.value, '$.mailbox'))) = one.mailbox)`,
  postgresql: `EXISTS (SELECT 1 FROM people one, rolls roll, json_array_elements(roll.document::json -> 'members') member
    WHERE one.id = NEW.person_id AND ${newestRoll} AND member ->> 'role' = 'officer'
    AND lower(trim(member ->> 'mailbox')) = one.mailbox)`,
};

const refusal = (word: string): string => `SELECT RAISE(ABORT, '${word}')`;
const onSqlite = [
  `CREATE TRIGGER person_roles_pairs BEFORE INSERT ON person_roles WHEN ${pairForbidden} OR ${isOfficer.sqlite}
   BEGIN ${refusal('roles_forbidden')}; END`,
  `CREATE TRIGGER person_roles_by_two BEFORE INSERT ON person_roles WHEN ${changeMissing}
   BEGIN ${refusal('role_change_missing')}; END`,
  `CREATE TRIGGER person_roles_fixed BEFORE UPDATE ON person_roles BEGIN ${refusal('role_change_missing')}; END`,
  `CREATE TRIGGER role_changes_fixed BEFORE UPDATE ON role_changes WHEN OLD.confirmed_at IS NOT NULL
   OR OLD.declined_at IS NOT NULL OR NEW.person_id <> OLD.person_id OR NEW.change <> OLD.change
   OR NEW.role IS NOT OLD.role OR NEW.proposed_by <> OLD.proposed_by
   BEGIN ${refusal('role_change_fixed')}; END`,
];

const onPostgres = [
  `CREATE FUNCTION check_person_role() RETURNS trigger LANGUAGE plpgsql AS $check$ BEGIN
     IF ${pairForbidden} OR ${isOfficer.postgresql} THEN RAISE EXCEPTION 'roles_forbidden'; END IF;
     IF ${changeMissing} THEN RAISE EXCEPTION 'role_change_missing'; END IF;
     RETURN NEW;
   END $check$`,
  `CREATE TRIGGER person_roles_checked BEFORE INSERT OR UPDATE ON person_roles
   FOR EACH ROW EXECUTE FUNCTION check_person_role()`,
  `CREATE FUNCTION check_role_change() RETURNS trigger LANGUAGE plpgsql AS $check$ BEGIN
     IF OLD.confirmed_at IS NOT NULL OR OLD.declined_at IS NOT NULL OR NEW.person_id <> OLD.person_id
       OR NEW.change <> OLD.change OR NEW.role IS DISTINCT FROM OLD.role OR NEW.proposed_by <> OLD.proposed_by
     THEN RAISE EXCEPTION 'role_change_fixed'; END IF;
     RETURN NEW;
   END $check$`,
  `CREATE TRIGGER role_changes_checked BEFORE UPDATE ON role_changes
   FOR EACH ROW EXECUTE FUNCTION check_role_change()`,
];
