/** A CA of two days with six certificates, one of each fate, where all places say the same; and what a comparison finds. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Knex } from 'knex';
import type { Reconciliation } from '../../../ca-core/reconcile/findings.ts';
import { aCa, aClock, aRequestedKey, settle, type ACa } from '../../support/a-ca.ts';
import { compareAllPlaces, followAsResponder } from '../../support/every-place.ts';

export type Fate = 'good' | 'revoked' | 'held' | 'fetched' | 'waiting' | 'old';

export interface Made {
  readonly caseId: string;
  readonly serialNumber: string;
}

export interface AReconciledCa {
  readonly platform: ACa;
  readonly database: Knex;
  readonly clock: ReturnType<typeof aClock>;
  /** Case and serial number by what they are for. */
  readonly of: (fate: Fate) => Made;
  /** A path below its home. */
  readonly at: (...names: string[]) => string;
  readonly look: () => Promise<Reconciliation>;
  /** Kind, case and serial number of all that is found, sorted. */
  readonly found: () => Promise<string[]>;
  /** What the responder knows is written anew. */
  readonly follow: () => Promise<void>;
  /** Rows of a table as they are, put back afterwards. */
  readonly withRows: (
    table: string,
    change: (rows: Knex) => Promise<unknown>,
    then: () => Promise<void>,
  ) => Promise<void>;
  readonly end: () => Promise<void>;
}

export async function aReconciledCa(): Promise<AReconciledCa> {
  const clock = aClock();
  clock.pass(-2 * 86_400);
  const platform = await aCa({ clock });
  const { database } = platform;
  const { home } = platform.settings;
  const places = { home, database, ca: platform.ca, clock };
  const made = await sixFates(platform, clock);
  await followAsResponder(places);
  clock.pass(600);
  const look = (): Promise<Reconciliation> => compareAllPlaces(places);
  return {
    ...{ platform, database, clock, look },
    of: fate => made.get(fate) ?? { caseId: '', serialNumber: '' },
    at: (...names) => join(home, ...names),
    found: async () => (await look()).findings.map(described).sort(),
    follow: () => followAsResponder(places),
    withRows: (...change) => withRows(database, ...change),
    end: () => platform.end(),
  };
}

const described = ({ kind, caseId, serialNumber }: Reconciliation['findings'][number]): string =>
  `${kind} ${caseId ?? ''} ${serialNumber}`;

async function sixFates(platform: ACa, clock: AReconciledCa['clock']): Promise<ReadonlyMap<Fate, Made>> {
  const core = await platform.open();
  const made = new Map<Fate, Made>();
  for (const fate of ['good', 'revoked', 'held', 'fetched', 'waiting', 'old'] as const) {
    const isServers = fate === 'fetched' || fate === 'waiting';
    const document = platform.aCase(isServers ? {} : { subjectKey: aRequestedKey() });
    await platform.approve(document);
    await settle(core);
    const row = await platform.store.certificates.ofCase(document.caseId);
    made.set(fate, { caseId: document.caseId, serialNumber: row?.serialNumber ?? '' });
  }
  const folder = join(platform.settings.home, 'crl', 'crl', 'issuing');
  mkdirSync(folder, { recursive: true });
  for (const [fate, reason] of [
    ['old', 'superseded'],
    ['revoked', 'keyCompromise'],
    ['held', 'certificateHold'],
  ] as const) {
    const common = { kind: 'revocation', version: 1, ca: platform.ca, invalidityDate: null } as const;
    const about = { ...common, requestedAt: clock.now(), serialNumber: made.get(fate)?.serialNumber ?? '', reason };
    await platform.approve(about, [platform.officers[0]]);
    clock.pass(60);
    await settle(core);
    writeFileSync(join(folder, `${fate}.der`), (await platform.store.crls.newest(platform.ca))?.crl ?? '');
  }
  await platform.store.deliveries.take(made.get('fetched')?.caseId ?? '', clock.now());
  await settle(core);
  await core.close();
  copyFileSync(join(folder, 'held.der'), join(folder, '0.crl'));
  return made;
}

async function withRows(
  database: Knex,
  table: string,
  change: (rows: Knex) => Promise<unknown>,
  then: () => Promise<void>,
): Promise<void> {
  const rows = await database<object>(table);
  try {
    await change(database);
    await then();
  } finally {
    await database(table).delete();
    for (const row of rows) await database(table).insert(row);
  }
}

/** A file as it is, put back afterwards. */
export async function withFile(
  path: string,
  change: (text: string) => string | Buffer,
  then: () => Promise<void>,
): Promise<void> {
  const octets = readFileSync(path);
  try {
    writeFileSync(path, change(octets.toString()));
    await then();
  } finally {
    writeFileSync(path, octets);
  }
}
