/** `npm run service -- NAME`: one service alone, with development defaults, in this very program. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectRoot } from '../ca-core/project-root.ts';
import { exitCodeAfter, wrongUsage } from './commands/command.ts';
import { drawOwnBackupKey } from './backup-key-files.ts';
import { prepare } from './prepare.ts';
import { environmentOf, readSettings, serviceNames, type ServiceName } from './settings.ts';

try {
  const name = nameOf(process.argv[2]);
  const settings = readSettings(process.env);
  await prepare(settings, { step: console.error, tell: console.error });
  (await drawOwnBackupKey(settings)).forEach(line => console.error(line));
  Object.assign(process.env, environmentOf(settings, name));
  await import(pathToFileURL(join(projectRoot, 'dist', name, 'main.js')).href);
} catch (error) {
  process.exit(exitCodeAfter(error));
}

function nameOf(word: string | undefined): ServiceName {
  const name = serviceNames.find(known => known === word);
  if (name !== undefined) return name;
  throw wrongUsage(`Name one service: npm run service -- ${serviceNames.join(' | ')}`);
}
