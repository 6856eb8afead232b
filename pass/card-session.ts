/** While the card lies on the reader its certificates are in the store; taken away, they are gone again: shared PCs. */
import type { CardPolicy } from '../ca-core/profiles/card-policy.ts';
import type { CardReaders } from '../issuing-station/cards/card-readers.ts';
import { openCard } from '../issuing-station/cards/card.ts';
import { installCommands, makeNssStore, removeCommands, run, type StorePlace } from './certificate-stores.ts';
import { openPasses, type Pass, type PassGround } from './open-passes.ts';

export interface SessionGround extends PassGround {
  readonly readers: CardReaders;
  readonly policy: CardPolicy;
}

/** Waits for a card and opens its passes; the card may stay where it is. */
export async function passesOfNextCard(
  ground: SessionGround,
  signal?: AbortSignal,
): Promise<{ readonly reader: string; readonly passes: readonly Pass[] }> {
  const connection = await ground.readers.nextCard(signal === undefined ? {} : { signal });
  const card = await openCard(connection, ground.policy);
  try {
    return { reader: connection.reader, passes: await openPasses(ground, card) };
  } finally {
    await card.close();
  }
}

/** Those whose PKCS#12 is here. Returns what was put there. */
export async function install(place: StorePlace, passes: readonly Pass[]): Promise<readonly Pass[]> {
  if (place.kind === 'nss') await makeNssStore(place.folder);
  const here = passes.flatMap(pass => (pass.file === null ? [] : [{ ...pass, file: pass.file }]));
  for (const pass of here) for (const command of installCommands(place, pass)) await run(command);
  return here;
}

export async function remove(place: StorePlace, passes: readonly Pass[]): Promise<void> {
  for (const pass of passes) for (const command of removeCommands(place, pass)) await run(command);
}

/** Installs, waits until the card is taken away (or `signal` says so), and removes whatever happens. */
export async function whileOnReader(
  ground: SessionGround,
  place: StorePlace,
  { installed, signal }: { readonly installed: (passes: readonly Pass[]) => void; readonly signal?: AbortSignal },
): Promise<void> {
  const { reader, passes } = await passesOfNextCard(ground, signal);
  const here = await install(place, passes);
  try {
    installed(here);
    await ground.readers.emptied(reader, signal);
  } finally {
    await remove(place, here);
  }
}
