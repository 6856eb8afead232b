import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Knex } from 'knex';
import { PkiError } from '../../ca-core/errors.ts';
import { isPostgres } from '../../ca-core/store/database.ts';
import { isPostgresUrl } from '../../ca-core/store/postgresql.ts';
import { databaseServices, grantServices, migrateCa, roleOf, type DatabaseService } from '../../ca-core/index.ts';
import { migratePortal } from '../../ra-portal/store/database.ts';
import { portalGrants } from '../../ra-portal/store/grants.ts';
import { aloneIn } from '../home-lock.ts';
import { onDatabase } from '../prepare.ts';
import { settingOf, type Settings } from '../settings.ts';
import { answers, wrongUsage, type Answer, type Typed } from './command.ts';

export function addDatabaseCommands(program: Command): void {
  const database = program.command('database').description('the tables, and who may do what to them');
  const migrate = database
    .command('migrate')
    .description('bring the tables to this release; services of the one before may go on meanwhile');
  answers(migrate, settings => {
    const work = (): Promise<Answer> => onDatabase(settings, bringUpToDate);
    // PostgreSQL lets one migrate at a time by itself.
    return isPostgresUrl(settingOf(settings, 'KAKUIN_DATABASE')) ? work() : aloneIn(settings.home, work);
  });
  const grant = database
    .command('grant')
    .description(
      'PostgreSQL: a role for each service with only the grants it needs; run it as the owner, again after updates',
    )
    .option('--passwords <folder>', 'where each service finds its password; what is there is kept')
    .option('--prefix <text>', 'what the names of the roles begin with', 'kakuin_');
  answers(grant, grantRoles);
}

async function bringUpToDate(database: Knex): Promise<Answer> {
  const taken = [...(await migrateCa(database)), ...(await migratePortal(database))];
  const lines = [...taken.map(name => `  ${name}`), 'The tables are those of this release.'];
  const further = ['What is new in them needs grants: npm run kakuin -- database grant.'];
  return { value: { taken }, lines: taken.length > 0 && isPostgres(database) ? [...lines, ...further] : lines };
}

interface ServiceAccess {
  readonly service: DatabaseService;
  /** KAKUIN_DATABASE of that service: it names the file that has the password. */
  readonly url: string;
  /** That file; the service's user must be able to read it, and nobody else. */
  readonly passwordFile: string;
}

async function grantRoles(settings: Settings, { options }: Typed): Promise<Answer> {
  const { passwords: folder, prefix = 'kakuin_' } = options;
  if (folder === undefined) throw wrongUsage('Name a folder for the passwords: --passwords FOLDER.');
  if (!/^[a-z][a-z0-9_]{0,30}$/.test(prefix)) throw wrongUsage('A prefix is small letters, digits and underscores.');
  const location = settingOf(settings, 'KAKUIN_DATABASE');
  if (!URL.canParse(location) || !/^postgres(ql)?:$/.test(new URL(location).protocol)) {
    const mistakes = ['KAKUIN_DATABASE is a SQLite file, which has no roles; separate users need PostgreSQL'];
    throw new PkiError('settingsInvalid', { mistakes });
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const roles = databaseServices.map(service => access(new URL(location), service, { folder, prefix }));
  const passwords = Object.fromEntries(roles.map(({ service, password }) => [service, password]));
  await onDatabase(settings, database => grantServices(database, { prefix, passwords, further: portalGrants }));
  const value: readonly ServiceAccess[] = roles.map(({ service, url, passwordFile }) => ({
    service,
    url,
    passwordFile,
  }));
  return { value, lines: value.flatMap(linesOf) };
}

function access(
  owner: URL,
  service: DatabaseService,
  { folder, prefix }: { readonly folder: string; readonly prefix: string },
): ServiceAccess & { readonly password: string } {
  const role = roleOf(prefix, service);
  const url = new URL(owner);
  [url.username, url.password] = [role, ''];
  const passwordFile = resolve(folder, `${service}.password`);
  url.searchParams.set('passwordfile', passwordFile);
  const password = existsSync(passwordFile)
    ? readFileSync(passwordFile, 'utf8').trim()
    : randomBytes(24).toString('base64url');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  return { service, url: url.href, passwordFile, password };
}

const linesOf = ({ service, url }: ServiceAccess): string[] => [`${service}:`, `  KAKUIN_DATABASE='${url}'`];
