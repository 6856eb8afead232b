import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { fileKeyOf } from '../../ca-core/backup/backup-file.ts';
import { openBackupKey } from '../../ca-core/backup/backup-key.ts';
import { makeBackup } from '../../ca-core/backup/make-backup.ts';
import { restoreBackup } from '../../ca-core/backup/restore.ts';
import { systemClock } from '../../ca-core/clock.ts';
import { readPolicies } from '../../ca-core/index.ts';
import { putBackupKey } from '../backup-key-files.ts';
import { makeFolder } from '../home.ts';
import { aloneIn } from '../home-lock.ts';
import { withDatabase } from '../prepare.ts';
import { settingOf, type Settings } from '../settings.ts';
import { migrateTo } from '../tables.ts';
import { answers, progress, timeText, wrongUsage, type Answer, type Typed } from './command.ts';
import { folderToBe, readable, secretIn, textIn } from './named-file.ts';

export function addBackupCommands(program: Command): void {
  const backup = program
    .command('backup')
    .description('a backup of database and home while everything runs, sealed to the operators, read back and compared')
    .option('--to <folder>', 'instead of KAKUIN_BACKUP');
  answers(backup, backUp);
  const key = program
    .command('backup-key')
    .description('draw the key pair for backups: backup.pub for KAKUIN_BACKUP_KEY, backup-key.json for the operators')
    .requiredOption('--out <folder>', 'where both files go')
    .requiredOption('--passphrase-file <file>', 'at least 12 characters, under which the private key is encrypted');
  answers(key, drawKey);
  const restore = program
    .command('restore')
    .description('put a backup back into an empty place; nothing is issued before `kakuin recover`')
    .requiredOption('--from <file>', 'the backup')
    .requiredOption('--key <file>', 'backup-key.json of the operators')
    .requiredOption('--passphrase-file <file>', 'its passphrase')
    .option('--only <part>', 'database | home: the other one is still there');
  answers(restore, putBack);
}

async function backUp(settings: Settings, { options }: Typed): Promise<Answer> {
  const to = folderToBe(options.to ?? settingOf(settings, 'KAKUIN_BACKUP'));
  const policy = readPolicies(settingOf(settings, 'KAKUIN_POLICIES')).schedule.backup;
  const database = settings.values.KAKUIN_BACKUP_DATABASE ?? settingOf(settings, 'KAKUIN_DATABASE');
  const keyFile = settingOf(settings, 'KAKUIN_BACKUP_KEY');
  const ground = { home: settings.home, database, to, keyFile, policy, clock: systemClock, tell: progress };
  const startedAt = performance.now();
  const last = await withDatabase(settings, () => makeBackup(ground));
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  const lines = [
    `${join(to, last.file)}: ${last.bytes} octets, ${last.rows} rows, ${last.treeSize} audit events, in ${seconds} s`,
    `SHA-256 ${last.sha256}`,
    ...last.leftOut.map(folder => `✗ ${folder} could not be read by this account: it is not in the backup`),
    'It was read back and compared. Only the operators’ private key opens it.',
  ];
  return { value: { ...last, folder: to, seconds }, lines };
}

async function drawKey(_: Settings, { options }: Typed): Promise<Answer> {
  const out = folderToBe(options.out ?? '');
  const [publicFile, privateFile] = [join(out, 'backup.pub'), join(out, 'backup-key.json')];
  for (const file of [publicFile, privateFile]) if (existsSync(file)) throw wrongUsage(`${file} is there already.`);
  const passphrase = secretIn(options.passphraseFile ?? '');
  if (passphrase.length < 12) throw wrongUsage('The passphrase must have at least 12 characters.');
  mkdirSync(out, { recursive: true, mode: 0o700 });
  await putBackupKey({ publicFile, privateFile, passphrase });
  const lines = [
    `${publicFile}: where backups are made (KAKUIN_BACKUP_KEY).`,
    `${privateFile}: for the operators, away from this machine. Whoever has it and its passphrase reads every backup.`,
  ];
  return { value: { publicKey: publicFile, privateKey: privateFile }, lines };
}

async function putBack(settings: Settings, { options }: Typed): Promise<Answer> {
  const { only } = options;
  if (only !== undefined && only !== 'database' && only !== 'home') throw wrongUsage('--only is database or home.');
  const file = readable(options.from ?? '');
  const privateKey = await openBackupKey(textIn(options.key ?? ''), secretIn(options.passphraseFile ?? ''));
  const fileKey = await fileKeyOf(file, privateKey);
  privateKey.fill(0);
  const startedAt = performance.now();
  makeFolder(settings.home);
  const { at, end, rows, files } = await aloneIn(settings.home, () =>
    restoreBackup({
      file,
      fileKey,
      home: only === 'database' ? undefined : settings.home,
      database: only === 'home' ? undefined : settingOf(settings, 'KAKUIN_DATABASE'),
      markIn: settings.home,
      migrate: migrateTo,
      clock: systemClock,
      tell: progress,
    }),
  );
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  const age = systemClock.now() - at;
  const lines = [
    `The backup of ${timeText(at)} is back, ${age} s old: ${only === 'home' ? 0 : rows} rows, ${only === 'database' ? 0 : files} files, in ${seconds} s.`,
    'Not in a backup, so put them back yourself where they are missing: passphrase files, PINs, keys on tokens.',
    'Nothing is issued, no CRL made and no status answered before: npm run kakuin -- recover',
  ];
  return { value: { at, age, rows, files, treeSize: end.treeSize, crlNumbers: end.crlNumbers, seconds }, lines };
}
