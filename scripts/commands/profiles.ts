import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { readCeremonyPlan } from '../../ca-core/ceremony/plan.ts';
import { PkiError } from '../../ca-core/errors.ts';
import { readPolicies, type Policies } from '../../ca-core/index.ts';
import { settingOf, type Settings } from '../settings.ts';
import { answers, columns, type Answer, type Typed } from './command.ts';
import { folderAt } from './named-file.ts';

export function addProfileCommands(program: Command): void {
  const profiles = program.command('profiles').description('the policies folder: what may be issued');
  const check = profiles
    .command('check')
    .description('read every file of the policies and name every mistake; needs no CA')
    .option('--folder <folder>', 'instead of the one in use');
  answers(check, checkFolder);
}

function checkFolder(settings: Settings, { options }: Typed): Promise<Answer> {
  const folder = options.folder ?? settingOf(settings, 'KAKUIN_POLICIES');
  const { policies, mistakes } = mistakesIn(folderAt(folder));
  const profiles = [...(policies?.profiles.values() ?? [])].map(({ name, kind, validityDays, keys, hash }) => {
    return { name, kind, validityDays, keys, hash };
  });
  const rows = profiles.map(({ name, kind, validityDays, hash }) => [
    name,
    kind,
    `${validityDays} days`,
    hash.slice(0, 16),
  ]);
  const lines =
    mistakes.length === 0 ? [...columns(rows), 'The policies are in order.'] : mistakes.map(one => `✗ ${one}`);
  return Promise.resolve({ value: { folder, profiles, mistakes }, lines, failed: mistakes.length > 0 });
}

function mistakesIn(folder: string): { readonly policies?: Policies; readonly mistakes: readonly string[] } {
  try {
    const policies = readPolicies(folder);
    const plan = join(folder, 'ceremony.yaml');
    if (existsSync(plan)) readCeremonyPlan(readFileSync(plan, 'utf8'), policies);
    return { policies, mistakes: [] };
  } catch (error) {
    if (!(error instanceof PkiError) || !Array.isArray(error.values.mistakes)) throw error;
    return { mistakes: error.values.mistakes.map(String) };
  }
}
