/** `npm run kakuin -- …`: what the operator does at the CA's own machine. */
import { Command } from 'commander';
import { addAuditCommands } from './commands/audit.ts';
import { addBackupCommands } from './commands/backup.ts';
import { addBulkCheckCommand } from './commands/bulk-check.ts';
import { addBulkJobCommands } from './commands/bulk-jobs.ts';
import { addCaCommands } from './commands/ca.ts';
import { addCardCommands } from './commands/cards.ts';
import { addCeremonyCommand } from './commands/ceremony.ts';
import { addCertificateCommands } from './commands/certificates.ts';
import { exitCodeAfter } from './commands/command.ts';
import { addCrlCommands } from './commands/crl.ts';
import { addDatabaseCommands } from './commands/database.ts';
import { addKeysCommands } from './commands/keys.ts';
import { addOfficerCommands } from './commands/officers.ts';
import { addPeopleCommands } from './commands/people.ts';
import { addProbeCommand } from './commands/probe.ts';
import { addProfileCommands } from './commands/profiles.ts';
import { addReconcileCommand } from './commands/reconcile.ts';
import { addRecoverCommand } from './commands/recovery.ts';
import { addRegisterCommands } from './commands/register.ts';
import { addRetentionCommand } from './commands/retention.ts';
import { addRevokeCommand } from './commands/revoke.ts';
import { addStationCommands } from './commands/station.ts';
import { addStatusCommands } from './commands/status.ts';
import { addVerifyCommand } from './commands/verify.ts';

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
addProbeCommand(program);
addCaCommands(program);
addCertificateCommands(program);
addRevokeCommand(program);
addCrlCommands(program);
addProfileCommands(program);
addVerifyCommand(program);
addCeremonyCommand(program);
addBulkCheckCommand(program);
addBulkJobCommands(program);
addDatabaseCommands(program);
addRetentionCommand(program);
addBackupCommands(program);
addRecoverCommand(program);
addReconcileCommand(program);
addCardCommands(program);
addStationCommands(program);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeAfter(error);
}
