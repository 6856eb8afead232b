/** A real directory, and for each test a CA of its own whose publisher writes into it, by a clock that tests set. */
import { readFileSync } from 'node:fs';
import { readAnyCrl } from '../../../ca-core/x509/crl.ts';
import type { Der } from '../../../ca-core/x509/der.ts';
import { directoryPlaces, type DirectoryPlace } from '../../../crl-publisher/directory-place.ts';
import type { CrlPublisher } from '../../../crl-publisher/open-crl-publisher.ts';
import { aDirectory, type ADirectory } from '../../support/a-directory.ts';
import { aPublisher } from '../../support/a-publisher.ts';
import { aSmallCa, type SmallCa } from '../../support/small-ca.ts';
import { aCrl, realNow, type SmallPki } from '../../support/small-pki.ts';

export interface DirectoryGround {
  readonly directory: ADirectory;
  readonly clock: { at: number; readonly now: () => number };
  /** Of this test. */
  readonly ca: SmallCa;
  /** The one that was opened last. */
  readonly publisher: CrlPublisher;
  readonly begin: () => Promise<void>;
  /** Into the directory by StartTLS, unless the setting says otherwise. */
  readonly open: (setting?: string, name?: string) => Promise<CrlPublisher>;
  /** One round of the files, one of the directory. */
  readonly publish: () => Promise<void>;
  /** A CRL of a day. */
  readonly crlWith: (crlNumber: bigint, change?: Partial<Parameters<SmallPki['crl']>[0]>) => Promise<Der>;
  readonly recordRootCrl: () => Promise<Der>;
  /** An issuer's entry is named like it; each test has a CA of its own but the names are the same. */
  readonly entry: (name: string) => string;
  readonly inDirectory: (name: string, attribute: string) => Buffer | undefined;
  /** Number of the CRL in the entry of the issuing CA. */
  readonly numberThere: () => bigint | undefined;
  /** What the publisher tells of itself after another round, as `green published`. */
  readonly state: () => Promise<string>;
  readonly close: () => Promise<void>;
  readonly end: () => Promise<void>;
}

export const placesOf = (setting: string): DirectoryPlace[] => directoryPlaces.parse(setting);
export async function aDirectoryGround(): Promise<DirectoryGround> {
  const directory = await aDirectory();
  const clock = { at: realNow(), now: () => clock.at };
  let ca: SmallCa;
  let publisher: CrlPublisher | undefined;
  const opened = (): CrlPublisher => {
    if (publisher === undefined) throw new Error('no publisher was opened');
    return publisher;
  };
  const entry = (name: string): string => `cn=${name},${directory.base}`;
  const inDirectory: DirectoryGround['inDirectory'] = (name, attribute) =>
    directory.octetsOf(entry(name), `${attribute};binary`);
  return {
    ...{ directory, clock, entry, inDirectory },
    get ca() {
      return ca;
    },
    get publisher() {
      return opened();
    },
    begin: async () => {
      ca = await aSmallCa();
      clock.at = realNow();
    },
    open: async (setting = directory.setting('ldap'), name = 'a publisher') => {
      const fetchPublic = (path: string): Promise<Uint8Array> => Promise.resolve(readFileSync(ca.home + path));
      publisher = await aPublisher(ca, { fetchPublic, clock, name, directories: placesOf(setting) });
      return publisher;
    },
    publish: async () => {
      await opened().round();
      await opened().directoryRound();
    },
    crlWith: (crlNumber, change = {}) =>
      ca.pki.crl({ crlNumber, entries: [], thisUpdate: clock.at, nextUpdate: clock.at + 86_400, ...change }),
    recordRootCrl: () => recordRootCrl(ca, clock.at),
    numberThere: () => {
      const octets = inDirectory('issuing', 'certificateRevocationList');
      return octets === undefined ? undefined : readAnyCrl(octets).crlNumber;
    },
    state: async () => {
      await opened().round();
      const [told] = await ca.store.states.all();
      return `${told?.state ?? ''} ${told?.detail ?? ''}`;
    },
    close: async () => {
      await publisher?.close();
      publisher = undefined;
      await ca.close();
    },
    end: () => directory.end(),
  };
}

async function recordRootCrl({ pki, store }: SmallCa, at: number): Promise<Der> {
  const usual = { thisUpdate: at, nextUpdate: at + 60 * 86_400 };
  const crl = await aCrl({ entries: [], crlNumber: 1n, ...usual }, pki.root, pki.rootKey);
  const event = { at, service: 'c', action: 'crl.issued', actor: 'c', subject: '1', details: {} };
  await store.crls.record({ issuer: pki.rootId, crlNumber: 1, crl, ...usual, entries: 0, throughSeq: 0 }, event);
  return crl;
}
