/** The issuing CAs of a home as the CA core works with them; a ceremony or the console may change them while it runs. */
import { createHash } from 'node:crypto';
import type { Ca, CaUrls } from './ca.ts';
import { PkiError } from './errors.ts';
import { openHomeBeside, rememberTogether, type Home } from './home/home.ts';
import { openIssuers, type KeyStores, type NamedIssuer } from './open-issuers.ts';

export interface IssuingCas {
  /** The active one, with the others beside it. */
  readonly active: () => Ca;
  /** The oldest: the audit log has its name. */
  readonly first: () => Ca;
  /**
   * Takes up what was pinned since it last looked; whether it did. Where that cannot be opened everything stays as it
   * was, a state of red says why, and the next look tries again.
   */
  readonly follow: () => Promise<boolean>;
  readonly close: () => Promise<void>;
}

export interface IssuingCasGround {
  /** What all of them have in common. */
  readonly common: Pick<Ca, 'relyingParty' | 'policies' | 'store' | 'clock' | 'subjectKeys' | 'log' | 'atFailpoint'>;
  /** The home of the first, which the others have things of. */
  readonly home: Home;
  /** `ca` in KAKUIN_HOME. */
  readonly folder: string;
  readonly keys: KeyStores;
  /** Those that are open already. */
  readonly known: readonly NamedIssuer[];
  readonly urlsOf: (name: string) => CaUrls;
}

interface Opened {
  /** Of the newest pin. */
  readonly number: number;
  readonly issuers: readonly NamedIssuer[];
  readonly all: readonly Ca[];
}

/** A ceremony pins before it publishes: for so many seconds it is not told that a certificate is missing. */
const patience = 5;

/** Throws notInitialised, signerUnfit, keyMissing, passphraseWrong. */
export async function openIssuingCas(ground: IssuingCasGround): Promise<IssuingCas> {
  const homes = new Map<string, Home>();
  const { clock, log, store } = ground.common;
  const close = async (): Promise<void> => {
    for (const home of [ground.home, ...homes.values()]) await home.close();
  };
  let opened = await openAll(ground, homes, ground.known).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const trouble = { number: 0, since: 0, told: false };
  const tell = async (state: 'green' | 'red', detail: string): Promise<void> => {
    if (state === 'red') log.error({ reason: detail }, 'a change of the issuing CAs cannot be taken up');
    trouble.told = state === 'red';
    await store.states.beat({ service: troubleName, state, detail, seenAt: clock.now() });
  };
  const failed = async (number: number, error: unknown): Promise<void> => {
    if (trouble.number !== number) Object.assign(trouble, { number, since: clock.now() });
    const reason = error instanceof Error ? error.message : String(error);
    if (!trouble.told && clock.now() - trouble.since >= patience) await tell('red', reason);
  };
  return {
    active: () => opened.all[0] ?? missing(ground.folder),
    first: () => opened.all[opened.issuers.findIndex(({ isFirst }) => isFirst)] ?? missing(ground.folder),
    follow: async () => {
      const number = numberOf(ground);
      if (number === opened.number) return false;
      try {
        opened = await openAll(ground, homes, opened.issuers);
      } catch (error) {
        await failed(number, error);
        return false;
      }
      log.info({ active: opened.issuers[0]?.name ?? '', all: opened.issuers.length }, 'the issuing CAs were taken up');
      if (trouble.told) await tell('green', '');
      return true;
    },
    close,
  };
}

/** Where the states of all services are seen. */
const troubleName = 'ca-core issuers';

const numberOf = ({ home }: IssuingCasGround): number => home.anchors.issuers.newest()?.number ?? 0;

async function openAll(
  ground: IssuingCasGround,
  homes: Map<string, Home>,
  known: readonly NamedIssuer[],
): Promise<Opened> {
  const { common, home, folder, keys } = ground;
  const number = numberOf(ground);
  const issuers = await openIssuers(home.anchors, { home: folder, store: common.store, keys, known });
  for (const { name, isFirst } of issuers) {
    if (!isFirst && !homes.has(name)) homes.set(name, await openHomeBeside(home, folder, name));
  }
  const remembering = rememberTogether(
    issuers.map(({ name, isFirst }) => (isFirst ? home : (homes.get(name) ?? home))),
  );
  const all = issuers.map(({ issuer, name, health }, index): Ca => {
    const id = createHash('sha256').update(issuer.certificate.subjectPublicKeyInfo).digest('hex');
    const own = { id, issuer, keyHealth: health, urls: ground.urlsOf(name), home: remembering[index] ?? home };
    return { ...common, ...own, beside: [] };
  });
  const [active, ...beside] = all;
  return { number, issuers, all: active === undefined ? [] : [{ ...active, beside }, ...beside] };
}

function missing(home: string): never {
  throw new PkiError('notInitialised', { home });
}
