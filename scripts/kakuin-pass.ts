/** `kakuin-pass`: the holder's side of a JCAN Pass. Exit codes: 0 done, 1 refused or failed, 2 used wrongly. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { readCardPolicy } from '../ca-core/index.ts';
import { projectRoot } from '../ca-core/project-root.ts';
import { openCard } from '../issuing-station/cards/card.ts';
import { openPcsc } from '../issuing-station/cards/pcsc.ts';
import { openPortalClient } from '../issuing-station/portal/client.ts';
import { install, passesOfNextCard, remove, whileOnReader, type SessionGround } from '../pass/card-session.ts';
import { nameOf, type StoreKind, type StorePlace } from '../pass/certificate-stores.ts';
import type { Pass } from '../pass/open-passes.ts';
import { openPassFolder } from '../pass/pass-folder.ts';
import { rewrap } from '../pass/rewrap.ts';
import { exitCodeAfter } from './commands/command.ts';
import { passWords, type PassWord } from './pass/words.ts';

interface Options {
  readonly portal: string;
  readonly folder: string;
  readonly policies: string;
  readonly store: StoreKind;
  readonly nss: string;
  readonly pinFile?: string;
  readonly old?: string;
  readonly oldPasswordFile?: string;
}

const words = passWords(process.env['LANG'] ?? '');
const say = (word: PassWord, hole = ''): void => console.log(words[word].replace('{}', hole));
const platformStore: StoreKind =
  process.platform === 'win32' ? 'windows' : process.platform === 'darwin' ? 'macos' : 'nss';

const program = new Command('kakuin-pass')
  .description(words.about)
  .option('--portal <url>', words.portal, process.env['KAKUIN_PORTAL_URL'] ?? 'http://localhost:8080')
  .option('--folder <folder>', words.folder, join(homedir(), '.kakuin-pass'))
  .option('--policies <folder>', words.policies, process.env['KAKUIN_POLICIES'] ?? join(projectRoot, 'policies'))
  .option('--store <kind>', words.store, platformStore)
  .option('--nss <folder>', words.nss, join(homedir(), '.pki', 'nssdb'))
  .option('--pin-file <file>', words.pin)
  .exitOverride()
  .showHelpAfterError();

program
  .command('list')
  .description(words.list)
  .action(() => withCard(passes => passes.forEach(show)));
program
  .command('install')
  .description(words.install)
  .action(() =>
    withCard(async (passes, place) => {
      for (const pass of await install(place, passes)) say('installed', nameOf(pass));
    }),
  );
program
  .command('remove')
  .description(words.remove)
  .action(() =>
    withCard(async (passes, place) => {
      await remove(place, passes);
      for (const pass of passes) say('removed', nameOf(pass));
    }),
  );
program
  .command('session')
  .description(words.session)
  .action(async () => {
    const { ground, place } = opened();
    const stop = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
    say('put');
    try {
      const installed = (passes: readonly Pass[]): void => passes.forEach(pass => say('installed', nameOf(pass)));
      await whileOnReader(ground, place, { installed, signal: stop.signal });
      say('gone');
    } finally {
      await ground.readers.close();
    }
  });
program
  .command('rewrap')
  .description(words.rewrap)
  .requiredOption('--old <file>', words.old)
  .requiredOption('--old-password-file <file>', words.oldPassword)
  .action(async (own: Pick<Options, 'old' | 'oldPasswordFile'>) => {
    const { ground } = opened();
    say('put');
    try {
      const card = await openCard(await ground.readers.nextCard(), ground.policy);
      show(await rewrap(ground, card, { file: own.old ?? '', password: firstLine(own.oldPasswordFile ?? '') }));
      await card.close();
    } finally {
      await ground.readers.close();
    }
  });

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeAfter(error);
}

function opened(): { readonly ground: SessionGround; readonly place: StorePlace } {
  const { portal, folder, policies, store, nss, pinFile } = program.opts<Options>();
  const ground: SessionGround = {
    portal: openPortalClient({ url: portal }),
    folder: openPassFolder(folder),
    policy: readCardPolicy(policies),
    readers: openPcsc(),
    pin: pinFile === undefined ? undefined : firstLine(pinFile),
  };
  return { ground, place: { kind: store, folder: nss } };
}

async function withCard(act: (passes: readonly Pass[], place: StorePlace) => unknown): Promise<void> {
  const { ground, place } = opened();
  say('put');
  try {
    await act((await passesOfNextCard(ground)).passes, place);
  } finally {
    await ground.readers.close();
  }
}

function show(pass: Pass): void {
  say('pass', `${pass.serialNumber}  ${pass.file ?? words.elsewhere}`);
}

/** What must be kept secret comes from files. */
const firstLine = (file: string): string => readFileSync(file, 'utf8').split(/\r?\n/)[0] ?? '';
