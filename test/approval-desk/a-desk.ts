import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Express } from 'express';
import { openDesk } from '../../approval-desk/desk.ts';
import {
  approvalChallenge,
  type Credential,
  digestOf,
  encodeDocument,
  type Member,
  migrateCa,
  openDatabase,
  openStore,
  type RollDocument,
  type SignableDocument,
  type Store,
} from '../../ca-core/index.ts';
import { silentLog } from '../../ca-core/log.ts';
import { createSoftwareAuthenticator } from '../../scripts/demo/software-authenticator.ts';

export const ca = 'ca'.repeat(32);
const evidenceTitles = { ja: { 'in-person': '対面' }, en: { 'in-person': 'In person' } };
export const portalUrl = 'http://localhost:8080';

/** A desk on a database of its own, with officers sato and suzuki on the roll; the clock stands still until moved. */
export interface DeskOnTrial {
  readonly desk: Express;
  readonly store: Store;
  readonly url: string;
  readonly rpId: string;
  readonly clock: { time: number };
  readonly members: readonly [Member, Member];
  /** Of organisation 9999999999999; on the roll only where the desk's place names it. */
  readonly lra: Member;
  /** What the officer's browser would send. */
  readonly signed: (member: Member, digest: string, kind?: SignableDocument['kind'], use?: Credential['use']) => object;
  readonly signedWith: (member: Member, challenge: Uint8Array, expiry: number) => object;
  readonly put: (document: SignableDocument) => Promise<string>;
  readonly close: () => Promise<void>;
}

export interface DeskPlace {
  readonly url?: string;
  readonly scripts?: string;
  readonly members?: readonly [Member, Member];
  readonly knowsLra?: boolean;
  readonly authenticators?: number;
}

export async function aDesk({
  url = 'http://approve.localhost:8083',
  scripts = tmpdir(),
  members,
  knowsLra = false,
  authenticators = 1,
}: DeskPlace = {}): Promise<DeskOnTrial> {
  const folder = mkdtempSync(join(tmpdir(), 'kakuin-desk-'));
  const knex = openDatabase(join(folder, 'kakuin.db'));
  await migrateCa(knex);
  const store = openStore(knex);
  const clock = { time: 1_800_000_000 };
  const rpId = new URL(url).hostname;
  const authenticator = createSoftwareAuthenticator();
  const asker = (use: Credential['use']) =>
    use === 'approve' ? { rpId, origin: url } : { rpId: 'localhost', origin: portalUrl };
  const credential = (use: Credential['use']): Credential => {
    const { credentialId, publicKey } = authenticator.create(asker(use));
    return { use, id: credentialId, publicKey };
  };
  const officer = (id: string, name: string): Member => {
    const credentials = [credential('approve'), credential('approve'), credential('signIn')];
    return { id, role: 'officer', name, mailbox: `${id}@ca.example`, credentials };
  };
  const lra: Member = {
    ...officer('lra-hana', '花田 梅子'),
    role: 'lra',
    organisations: ['9999999999999'],
  };
  const officers = members ?? [officer('sato', '佐藤 一郎'), officer('suzuki', '鈴木 幸子')];
  await addRoll(store, {
    kind: 'roll',
    version: 1,
    ca,
    number: 1,
    previous: null,
    members: [...officers, ...(knowsLra ? [lra] : [])],
  });

  const credentialId = (member: Member, use: Credential['use']) =>
    member.credentials.find(one => one.use === use)?.id ?? '';
  return {
    desk: openDesk({
      store,
      ca,
      url,
      portalUrl,
      evidenceTitles,
      authenticators,
      sample: { oneIn: 100, least: 10, most: 100 },
      scripts,
      clock: { now: () => clock.time },
      log: silentLog,
    }),
    store,
    url,
    rpId,
    clock,
    members: officers,
    lra,
    signed: (member, digest, kind = 'case', use = 'approve') => {
      const expiry = clock.time + 3600;
      const challenge = approvalChallenge({ kind, ca, digest, expiry });
      const assertion = authenticator.get({ ...asker(use), challenge, credentialId: credentialId(member, use) });
      return { expiry, assertion };
    },
    signedWith: (member, challenge, expiry) => {
      const asked = { ...asker('approve'), challenge, credentialId: credentialId(member, 'approve') };
      return { expiry, assertion: authenticator.get(asked) };
    },
    put: document => store.documents.put(document, clock.time - 7200),
    close: async () => {
      await knex.destroy();
      rmSync(folder, { recursive: true });
    },
  };
}

export async function addRoll(store: Store, roll: RollDocument): Promise<string> {
  const text = encodeDocument(roll);
  const digest = digestOf(text);
  await store.rolls.add({ number: roll.number, digest, text, authorisedBy: 'console', at: 1 });
  return digest;
}

export async function invite(store: Store, memberId: string, expiresAt: number): Promise<string> {
  const id = randomUUID();
  await store.enrolments.invite({ id, memberId, role: 'officer', expiresAt, at: 1 });
  return id;
}
