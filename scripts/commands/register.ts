import { createReadStream } from 'node:fs';
import type { Command } from 'commander';
import type { Knex } from 'knex';
import { systemClock } from '../../ca-core/clock.ts';
import { importNtaSnapshot } from '../../ra-portal/registers/nta-snapshot.ts';
import { importRobinsSnapshot } from '../../ra-portal/registers/robins-snapshot.ts';
import { withDatabase } from '../prepare.ts';
import { answers, wrongUsage, type Answer, type Typed } from './command.ts';
import { readable, textIn } from './named-file.ts';

export function addRegisterCommands(program: Command): void {
  const register = program
    .command('register')
    .description('the register snapshots that organisations are matched with');
  const command = register
    .command('import')
    .description('replace a snapshot; the one before answers until the last row is in')
    .option('--nta <file>', "the NTA's own 30-column CSV, UTF-8, without a header")
    .option('--robins <file>', 'ROBINS entries, YAML');
  answers(command, (settings, { options }) => {
    const files = Object.values(options).filter(file => file !== undefined);
    if (files.length === 0) throw wrongUsage('Name a snapshot: --nta FILE or --robins FILE.');
    for (const file of files) readable(file);
    return withDatabase(settings, database => importFiles(database, options));
  });
}

async function importFiles(database: Knex, { nta, robins }: Typed['options']): Promise<Answer> {
  const counts: { nta?: number; robins?: number } = {};
  const now = systemClock.now();
  if (nta !== undefined) counts.nta = await importNtaSnapshot(database, createReadStream(nta), now);
  if (robins !== undefined) counts.robins = await importRobinsSnapshot(database, textIn(robins), now);
  const lines = Object.entries(counts).map(([name, count]) => `${name}: ${count} organisations`);
  return { value: counts, lines };
}
