/** A platform that runs as `npm start` runs it, two officers, and relying parties that believe nothing. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Knex } from 'knex';
import { openDatabase, openStore, readCertificate } from '../../../ca-core/index.ts';
import { openAsker, type Asker } from '../../../scripts/bench/soak-asker.ts';
import { openTruth, type Truth } from '../../../scripts/bench/soak-truth.ts';
import { openOfficer, type Addresses, type Officer } from '../../../scripts/demo/officer.ts';
import { startOwnPlatform, type OwnPlatform } from '../../../scripts/demo/own-platform.ts';
import { settingOf } from '../../../scripts/settings.ts';
import type { Complaints } from './persist.ts';

export interface World {
  readonly platform: OwnPlatform;
  readonly addresses: Addresses;
  readonly officers: readonly [Officer, Officer];
  readonly database: Knex;
  /** The issuing CA, hex. */
  readonly ca: string;
  /** DER SubjectPublicKeyInfo of the issuing CA. */
  readonly issuerKey: Uint8Array;
  readonly truth: Truth;
  readonly asker: Asker;
  /** What the platform said, a line each. */
  readonly lines: readonly string[];
  readonly complaints: Complaints;
}

export async function openWorld(): Promise<World> {
  const lines: string[] = [];
  const platform = await startOwnPlatform(line => lines.push(line));
  try {
    return await worldOn(platform, lines);
  } catch (error) {
    await platform.stop();
    throw error;
  }
}

async function worldOn(platform: OwnPlatform, lines: readonly string[]): Promise<World> {
  const { settings } = platform;
  const addresses = {
    portal: settingOf(settings, 'KAKUIN_PORTAL_URL'),
    desk: settingOf(settings, 'KAKUIN_APPROVAL_URL'),
  };
  const officers = await enrol(platform, addresses);
  const database = openDatabase(settingOf(settings, 'KAKUIN_DATABASE'));
  const issuing = (await openStore(database).issuers.list()).find(({ name }) => name === 'issuing');
  if (issuing === undefined) throw new Error('the ceremony left no issuing CA');
  const issuer = readCertificate(issuing.certificate);
  const truth = await openTruth({ database, ca: issuing.id });
  const asker = openAsker({ url: `${settingOf(settings, 'KAKUIN_OCSP_URL')}/`, issuer, truth });
  const complaints = { violations: [], again: 0 };
  const issuerKey = issuer.subjectPublicKeyInfo;
  return { platform, addresses, officers, database, ca: issuing.id, issuerKey, truth, asker, lines, complaints };
}

async function enrol(platform: OwnPlatform, addresses: Addresses): Promise<[Officer, Officer]> {
  const officers = ['審査 一郎', '審査 二葉'].map((name, index) =>
    openOfficer(addresses, { name, mailbox: `officer-${index}@ra.example` }),
  );
  for (const [index, officer] of officers.entries()) {
    const link = platform.links[index] ?? '';
    const fingerprints = await officer.enrol(link);
    await platform.console('officers', 'confirm', new URL(link).pathname.split('/').at(-1) ?? '', ...fingerprints);
  }
  for (const officer of officers) await officer.signIn();
  const [one, other] = officers;
  if (one === undefined || other === undefined) throw new Error('two officers are needed');
  return [one, other];
}

/** Resolves when the CA core has nothing left to do and every event is in the audit log. Throws after two minutes. */
export async function untilSettled({ database }: World): Promise<void> {
  const store = openStore(database);
  for (let turn = 0; turn < 240; turn += 1) {
    const orders = await store.orders.waiting();
    const events = (await database('audit_outbox').count<{ n: number }[]>('* as n'))[0]?.n ?? 0;
    if (orders === 0 && events === 0) return;
    await pause(500);
  }
  throw new Error('After two minutes there is still something to do.');
}
