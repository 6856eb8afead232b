/** `npm run service -- NAME`: one service alone, with development defaults, in this very program. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PkiError } from '../ca-core/errors.ts';
import { projectRoot } from '../ca-core/project-root.ts';
import { prepare } from './prepare.ts';
import { sayWhy } from './sentences.ts';
import { environmentOf, readSettings, serviceNames, type ServiceName } from './settings.ts';

try {
  const name = nameOf(process.argv[2]);
  const settings = readSettings(process.env);
  await prepare(settings, { step: console.error, tell: console.error });
  Object.assign(process.env, environmentOf(settings, name));
  await import(pathToFileURL(join(projectRoot, 'dist', name, 'main.js')).href);
} catch (error) {
  sayWhy(error);
  process.exit(1);
}

function nameOf(word: string | undefined): ServiceName {
  const name = serviceNames.find(known => known === word);
  if (name !== undefined) return name;
  throw new PkiError('settingsInvalid', {
    mistakes: [`Name one service: npm run service -- ${serviceNames.join(' | ')}`],
  });
}
