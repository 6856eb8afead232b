import type { Command } from 'commander';
import { openStore } from '../../ca-core/index.ts';
import { prepare, withDatabase } from '../prepare.ts';
import { answers } from './command.ts';

export function addCeremonyCommand(program: Command): void {
  const command = program
    .command('ceremony')
    .description('make the home, the root CA and the issuing CA where there are none; npm start does it too');
  answers(command, async settings => {
    const said: string[] = [];
    await prepare(settings, { step: () => undefined, tell: line => said.push(line.trim()) });
    const issuers = await withDatabase(settings, database => openStore(database).issuers.list());
    const rows = issuers.map(({ id, name, role }) => ({ id, name, role }));
    const lines = said.length > 0 ? said : ['The ceremony was held before; nothing was changed.'];
    return { value: { held: said.length > 0, issuers: rows, said }, lines };
  });
}
