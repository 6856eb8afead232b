/** `npm run kakuin -- …`: what the operator does at the CA's own machine. */
import { Command, CommanderError } from 'commander';
import { addAuditCommands } from './commands/audit.ts';
import { addCaCommands } from './commands/ca.ts';
import { addCeremonyCommand } from './commands/ceremony.ts';
import { addCertificateCommands } from './commands/certificates.ts';
import { addCrlCommands } from './commands/crl.ts';
import { addDatabaseCommands } from './commands/database.ts';
import { addKeysCommands } from './commands/keys.ts';
import { addOfficerCommands } from './commands/officers.ts';
import { addPeopleCommands } from './commands/people.ts';
import { addProfileCommands } from './commands/profiles.ts';
import { addRegisterCommands } from './commands/register.ts';
import { addRevokeCommand } from './commands/revoke.ts';
import { addStatusCommands } from './commands/status.ts';
import { addVerifyCommand } from './commands/verify.ts';
import { sayWhy } from './sentences.ts';

const program = new Command('kakuin')
  .description(
    "the operator's commands; each takes --help and --json, and ends with 0, with 1 when it refuses or fails, with 2 when it is used wrongly",
  )
  .enablePositionalOptions()
  .exitOverride()
  .showHelpAfterError()
  .configureHelp({ showGlobalOptions: true });

addOfficerCommands(program);
addPeopleCommands(program);
addAuditCommands(program);
addKeysCommands(program);
addRegisterCommands(program);
addStatusCommands(program);
addCaCommands(program);
addCertificateCommands(program);
addRevokeCommand(program);
addCrlCommands(program);
addProfileCommands(program);
addVerifyCommand(program);
addCeremonyCommand(program);
addDatabaseCommands(program);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

/** Commander has said already what it found wrong, and shown the help. */
function exitCodeOf(error: unknown): number {
  if (!(error instanceof CommanderError)) {
    sayWhy(error);
    return 1;
  }
  if (error.code === 'kakuin.usage') console.error(error.message);
  return error.exitCode === 0 ? 0 : 2;
}
