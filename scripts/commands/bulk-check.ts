/** `kakuin bulk check`: the portal's own dry run of a table, where there is no portal. It writes nothing but --errors. */
import { createReadStream, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { Knex } from 'knex';
import { systemClock } from '../../ca-core/clock.ts';
import { migrateCa, openDatabase, readPolicies } from '../../ca-core/index.ts';
import { isPostgresUrl } from '../../ca-core/store/postgresql.ts';
import type { CheckGround } from '../../ra-portal/bulk/check-ground.ts';
import { layoutOf } from '../../ra-portal/bulk/check-table.ts';
import { bulkProfiles, titleOf } from '../../ra-portal/bulk/columns.ts';
import { errorFile } from '../../ra-portal/bulk/error-file.ts';
import { hintText, placeText, ruleText } from '../../ra-portal/bulk/fault-text.ts';
import { openGround } from '../../ra-portal/bulk/open-ground.ts';
import { openTable } from '../../ra-portal/bulk/reading/open-table.ts';
import { verdictOf, type Verdict } from '../../ra-portal/bulk/verdict.ts';
import { importNtaSnapshot, ntaSnapshot } from '../../ra-portal/registers/nta-snapshot.ts';
import { importRobinsSnapshot, robinsSnapshot } from '../../ra-portal/registers/robins-snapshot.ts';
import { migratePortal } from '../../ra-portal/store/database.ts';
import { settingOf, type Settings } from '../settings.ts';
import { octetsIn } from './named-file.ts';
import { answers, progress, wrongUsage, type Answer, type Typed } from './command.ts';

/** Adds to `kakuin bulk`, which others may have begun. */
export function addBulkCheckCommand(program: Command): void {
  const bulk =
    program.commands.find(command => command.name() === 'bulk') ??
    program.command('bulk').description('certificates for many people, from one table');
  const check = bulk
    .command('check')
    .description('check every row of a table; ends with 1 where one is at fault, and writes nothing anywhere')
    .argument('<file>', '.csv, .tsv or .xlsx')
    .requiredOption('--profile <name>', 'kind of certificate')
    .requiredOption('--organisation <number>', "Corporate Number of the desk's own organisation")
    .option('--errors <file>', 'write the table with one more column there: a new file')
    .option('--language <language>', 'of the sentences: ja | en', 'en')
    .option('--seen-document <id>', 'of everybody, where the table has no column for it')
    .option('--seen-method <id>', 'how it was seen')
    .option('--seen-on <date>', 'yyyy-mm-dd');
  answers(check, checkFile);
}

async function checkFile(settings: Settings, { options, words }: Typed): Promise<Answer> {
  const [file = ''] = words;
  const { errors, language: asked } = options;
  const language = (['ja', 'en'] as const).find(one => one === asked);
  if (language === undefined) throw wrongUsage('--language is ja or en.');
  const octets = octetsIn(file);
  if (errors !== undefined && existsSync(errors)) throw wrongUsage(`There is a file ${errors} already.`);
  return onRegisters(settings, async database => {
    const ground = await groundOf(settings, database, options);
    const table = await openTable(octets);
    const layout = await layoutOf(table, ground);
    const verdict = await verdictOf({ ground, table, layout, progress: rows => progress(`${rows} rows …`) });
    if (errors !== undefined) {
      const { octets } = await errorFile({ ground, table, layout, language });
      writeFileSync(errors, octets, { flag: 'wx' });
    }
    return answerOf(verdict, language);
  });
}

async function groundOf(settings: Settings, database: Knex, options: Typed['options']): Promise<CheckGround> {
  const policies = readPolicies(settingOf(settings, 'KAKUIN_POLICIES'));
  const profile = bulkProfiles(policies).find(({ name }) => name === options['profile']);
  const known = bulkProfiles(policies).map(({ name }) => name);
  if (profile === undefined) throw wrongUsage(`--profile is one of ${known.join(', ')}.`);
  const said = { identityDocument: 'seenDocument', identityMethod: 'seenMethod', identitySeenOn: 'seenOn' } as const;
  const defaults = Object.fromEntries(
    Object.entries(said).flatMap(([field, option]) =>
      options[option] === undefined ? [] : [[field, options[option]]],
    ),
  ) as Record<string, string>;
  const registers = { nta: ntaSnapshot(database), robins: robinsSnapshot(database) };
  const wish = { profile, organisation: options['organisation'] ?? '', lra: 'lra', defaults };
  return openGround({ database, policies, registers, clock: systemClock }, wish);
}

/** The platform's own database where there is one; else the registers as shipped, in memory. */
async function onRegisters(settings: Settings, work: (database: Knex) => Promise<Answer>): Promise<Answer> {
  const location = settingOf(settings, 'KAKUIN_DATABASE');
  const isThere = isPostgresUrl(location) || existsSync(location);
  const database = openDatabase(isThere ? location : ':memory:');
  try {
    if (!isThere) await fill(database, join(settingOf(settings, 'KAKUIN_POLICIES'), 'registers'));
    return await work(database);
  } finally {
    await database.destroy();
  }
}

async function fill(database: Knex, folder: string): Promise<void> {
  const now = systemClock.now();
  await migrateCa(database);
  await migratePortal(database);
  await importNtaSnapshot(database, createReadStream(join(folder, 'nta-snapshot.csv')), now);
  await importRobinsSnapshot(database, readFileSync(join(folder, 'robins-snapshot.yaml'), 'utf8'), now);
}

function answerOf(verdict: Verdict, language: 'ja' | 'en'): Answer {
  const { form, layout, people, faultyRows, faultCount } = verdict;
  const faults = verdict.faults.map(fault => ({
    ...fault,
    title: fault.field === null ? null : titleOf(fault.field),
    sentence: { ja: ruleText('ja', fault), en: ruleText('en', fault) },
    hint: { ja: hintText('ja', fault), en: hintText('en', fault) },
  }));
  const lines = verdict.faults.map(
    fault =>
      `${fault.row} ${placeText(language, fault)}: ${ruleText(language, fault)} ${JSON.stringify(fault.value)} ${hintText(language, fault)}`,
  );
  const read = form.kind === 'xlsx' ? `sheet ${form.sheet}` : `${form.encoding}, ${form.delimiter}`;
  const sum = `${people} people, ${faultyRows} rows at fault, ${faultCount} faults (${layout}, ${read})`;
  const value = { form, layout, people, faultyRows, faultCount, faults };
  return { value, lines: [...lines, sum], failed: faultCount > 0 };
}
