import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isCeremonyHeld, runCeremony, type CeremonyOutcome } from '../ca-core/ceremony.ts';
import { readPolicies, toHex, type Store } from '../ca-core/index.ts';
import { firstResponderKey } from '../ocsp-responder/keys.ts';
import { makeFolder, rootPassphraseFile } from './home.ts';
import { environmentOf, settingOf, type Settings } from './settings.ts';

/** The people who can mend the roll together, when an officer has lost every authenticator. */
const operators = ['operator-1', 'operator-2'];

/** Holds the key ceremony of a home that has none yet. Returns what it said, or undefined where it was held before. */
export async function ceremony(settings: Settings, store: Store): Promise<readonly string[] | undefined> {
  if (await isCeremonyHeld(store)) return undefined;
  const lines: string[] = [];
  const { operatorSecrets } = await runCeremony({
    home: settings.home,
    rootPassphrase: passphraseIn(rootPassphraseFile(settings)),
    caPassphrase: passphraseIn(settingOf(settings, 'KAKUIN_PASSPHRASE_FILE')),
    caKeys: settingOf(settings, 'KAKUIN_CA_KEYS'),
    rootAlgorithm: 'p-384',
    issuingAlgorithm: 'p-256',
    crlUrl: settingOf(settings, 'KAKUIN_CRL_URL'),
    signerPublicKey: await responderKey(settings),
    operators,
    policies: readPolicies(settingOf(settings, 'KAKUIN_POLICIES')),
    store,
    say: line => lines.push(line),
  });
  const folder = keepSecrets(settings, operatorSecrets);
  return [...lines, `The operators' secrets are in ${folder}: give each to one person, then delete the files.`];
}

/** Made here for the first time, so that the ceremony can pin it; from then on only the responder opens it. */
async function responderKey(settings: Settings): Promise<string> {
  const passphraseFile = environmentOf(settings, 'ocsp-responder').KAKUIN_PASSPHRASE_FILE ?? '';
  return toHex(await firstResponderKey({ home: join(settings.home, 'responder'), passphraseFile }));
}

/** In files and not on the screen: what is printed ends in somebody's log. */
function keepSecrets(settings: Settings, secrets: CeremonyOutcome['operatorSecrets']): string {
  const folder = join(settings.home, 'operators');
  makeFolder(folder);
  for (const { name, secret } of secrets) writeFileSync(join(folder, name), `${secret}\n`, { mode: 0o600 });
  return folder;
}

function passphraseIn(file: string): string {
  return readFileSync(file, 'utf8').trim();
}
