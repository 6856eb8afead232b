/** `npm run kakuin -- …`: what the operator does at the CA's own machine. */
import { Command } from 'commander';
import { addAuditCommands } from './commands/audit.ts';
import { addCeremonyCommand } from './commands/ceremony.ts';
import { addKeysCommands } from './commands/keys.ts';
import { addOfficerCommands } from './commands/officers.ts';
import { addRegisterCommands } from './commands/register.ts';
import { addStatusCommands } from './commands/status.ts';
import { sayWhy } from './sentences.ts';

const program = new Command('kakuin')
  .description("the operator's commands; each takes --help and --json, and ends with exit code 1 when it refuses")
  .showHelpAfterError()
  .configureHelp({ showGlobalOptions: true });

addOfficerCommands(program);
addAuditCommands(program);
addKeysCommands(program);
addRegisterCommands(program);
addStatusCommands(program);
addCeremonyCommand(program);

try {
  await program.parseAsync();
} catch (error) {
  sayWhy(error);
  process.exitCode = 1;
}
