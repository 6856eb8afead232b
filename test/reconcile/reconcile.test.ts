/** Everything in its place says the same; one thing changed by hand is found, with its case. */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Knex } from 'knex';
import { encodeAuditLeaf, leafHash, type AuditEvent } from '../../ca-core/audit/leaf.ts';
import { eventOf } from '../../ca-core/audit/prove.ts';
import type { Reconciliation } from '../../ca-core/reconcile/findings.ts';
import { silentLog } from '../../ca-core/log.ts';
import { openCa } from '../../ca-core/open-ca.ts';
import { aCa, aClock, aRequestedKey, settle, type ACa } from '../support/a-ca.ts';
import { compareAllPlaces, followAsResponder } from '../support/every-place.ts';
import { aSmallPki } from '../support/small-pki.ts';

const clock = aClock();
clock.pass(-2 * 86_400);
let platform: ACa;
let database: Knex;
/** Case and serial number by what they are for. */
const made: Record<string, { readonly caseId: string; readonly serialNumber: string }> = {};
const of = (name: string): { readonly caseId: string; readonly serialNumber: string } =>
  made[name] ?? { caseId: '', serialNumber: '' };
const at = (...names: string[]): string => join(platform.settings.home, ...names);

const places = () => ({ home: platform.settings.home, database, ca: platform.ca, clock });
const look = (): Promise<Reconciliation> => compareAllPlaces(places());
const found = async (): Promise<string[]> =>
  (await look()).findings.map(({ kind, caseId, serialNumber }) => `${kind} ${caseId ?? ''} ${serialNumber}`).sort();

beforeAll(async () => {
  platform = await aCa({ clock });
  ({ database } = platform);
  const core = await platform.open();
  for (const name of ['good', 'revoked', 'held', 'fetched', 'waiting', 'old']) {
    const isServers = name === 'fetched' || name === 'waiting';
    const document = platform.aCase(isServers ? {} : { subjectKey: aRequestedKey() });
    await platform.approve(document);
    await settle(core);
    const row = await platform.store.certificates.ofCase(document.caseId);
    made[name] = { caseId: document.caseId, serialNumber: row?.serialNumber ?? '' };
  }
  mkdirSync(at('crl', 'crl', 'issuing'), { recursive: true });
  for (const [name, reason] of [
    ['old', 'superseded'],
    ['revoked', 'keyCompromise'],
    ['held', 'certificateHold'],
  ] as const) {
    const about = {
      kind: 'revocation',
      version: 1,
      ca: platform.ca,
      requestedAt: clock.now(),
      invalidityDate: null,
    } as const;
    await platform.approve({ ...about, serialNumber: of(name).serialNumber, reason }, [platform.officers[0]]);
    clock.pass(60);
    await settle(core);
    writeFileSync(
      at('crl', 'crl', 'issuing', `${name}.der`),
      (await platform.store.crls.newest(platform.ca))?.crl ?? '',
    );
  }
  await platform.store.deliveries.take(of('fetched').caseId, clock.now());
  await settle(core);
  await core.close();
  copyFileSync(at('crl', 'crl', 'issuing', 'held.der'), at('crl', 'crl', 'issuing', '0.crl'));
  await followAsResponder(places());
  clock.pass(600);
});
afterAll(() => platform.end());

/** Rows of a table as they are, put back afterwards. */
async function withRows(
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
async function withFile(
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

it('finds nothing where nothing is wrong, and says how much it looked at', async () => {
  expect(await look()).toMatchObject({
    findings: [],
    notCompared: [],
    counts: { signed: 6, certificates: 6, decisions: 3, onCrl: 3, ocsp: 6, deliveries: 2 },
  });
});

type Change = (caseId: string, serialNumber: string) => Promise<unknown>;

const mutations: readonly (readonly [what: string, kind: string, name: string, change: Change, table: string])[] = [
  [
    'a certificate’s row is deleted',
    'certificateMissing',
    'good',
    (_, serial) => database('certificates').where({ serial_number: serial }).delete(),
    'certificates',
  ],
  [
    'a certificate is put in the place of another',
    'certificateAltered',
    'good',
    async (_, serial) => {
      const { certificate } = await database('certificates')
        .where({ serial_number: of('held').serialNumber })
        .first<{ certificate: Buffer }>();
      await database('certificates').where({ serial_number: serial }).update({ certificate });
    },
    'certificates',
  ],
  [
    'the signature of a certificate is spoiled',
    'certificateAltered',
    'good',
    async (_, serial) => {
      const { certificate } = await database('certificates')
        .where({ serial_number: serial })
        .first<{ certificate: Buffer }>();
      certificate[certificate.length - 1] = (certificate.at(-1) ?? 0) ^ 1;
      await database('certificates').where({ serial_number: serial }).update({ certificate });
    },
    'certificates',
  ],
  [
    'a row is moved to another case',
    'caseDiffers',
    'good',
    caseId => database('certificates').where({ case_id: caseId }).update({ case_id: 'K26-another' }),
    'certificates',
  ],
  [
    'an issued order is made to wait again',
    'orderDiffers',
    'good',
    caseId => database('issuance_orders').where({ case_id: caseId }).update({ state: 'refused' }),
    'issuance_orders',
  ],
  [
    'a revocation is taken out of the database',
    'revocationVanished',
    'revoked',
    (_, serial) => database('status_changes').where({ serial_number: serial, change: 'revoked' }).delete(),
    'status_changes',
  ],
  [
    'a revocation is put into the database',
    'revocationInvented',
    'good',
    (_, serial) =>
      database('status_changes').insert({
        issuer: platform.ca,
        serial_number: serial,
        change: 'revoked',
        reason: 'superseded',
        revoked_at: 1,
        not_after: 1,
        created_at: 1,
      }),
    'status_changes',
  ],
  [
    'the reason of a revocation is changed',
    'revocationAltered',
    'revoked',
    (_, serial) =>
      database('status_changes').where({ serial_number: serial, change: 'revoked' }).update({ reason: 'superseded' }),
    'status_changes',
  ],
  [
    'a key that was picked up is there again',
    'deliveryKept',
    'fetched',
    caseId =>
      database('deliveries')
        .where({ case_id: caseId })
        .update({ sealed_key: Buffer.of(1) }),
    'deliveries',
  ],
  [
    'a key that waits is erased',
    'deliveryMissing',
    'waiting',
    caseId => database('deliveries').where({ case_id: caseId }).update({ sealed_key: null }),
    'deliveries',
  ],
  [
    'a delivery is deleted',
    'deliveryMissing',
    'waiting',
    caseId => database('deliveries').where({ case_id: caseId }).delete(),
    'deliveries',
  ],
];

describe.each(mutations.map(([what, ...mutation]) => ({ what, mutation })))('where $what', ({ mutation }) => {
  const [kind, name, change, table] = mutation;
  it(`${kind} is found with its case`, async () => {
    const { caseId, serialNumber } = of(name);
    await withRows(
      table,
      () => change(caseId, serialNumber),
      async () => {
        const all = await found();
        expect(all).toContain(`${kind} ${kind === 'caseDiffers' ? caseId : caseId} ${serialNumber}`);
        expect(all.every(one => one.includes(serialNumber))).toBe(true);
      },
    );
  });
});

describe('what another hand adds', () => {
  it('a certificate that this CA did not sign is foreign, and its case is named', async () => {
    const leaf = await (await aSmallPki()).leaf('4a'.repeat(16));
    const row = {
      issuer: platform.ca,
      serial_number: '4a'.repeat(16),
      case_id: 'K26-forged',
      profile: 'jcan-classic',
      crl_shard: 0,
    };
    const times = { not_before: leaf.notBefore, not_after: leaf.notAfter, created_at: 1 };
    await withRows(
      'certificates',
      () => database('certificates').insert({ ...row, ...times, certificate: Buffer.from(leaf.der) }),
      async () => {
        expect(await found()).toEqual([`certificateForeign K26-forged ${'4a'.repeat(16)}`]);
      },
    );
  });

  it('a delivery for a case without a certificate is a stray', async () => {
    const row = { case_id: 'K26-stray', sealed_key: Buffer.of(1), expires_at: clock.now() + 9 };
    await withRows(
      'deliveries',
      () => database('deliveries').insert(row),
      async () => {
        expect(await found()).toEqual(['deliveryStray K26-stray ']);
      },
    );
  });
});

describe('files', () => {
  it('a line taken out of the signer log leaves a certificate that the CA signed and does not know', async () => {
    const { caseId, serialNumber } = of('good');
    const without = (text: string): string =>
      text
        .split('\n')
        .filter(line => !line.includes(`"serialNumber":"${serialNumber}"`))
        .join('\n');
    await withFile(at('ca', 'signer.log'), without, async () => {
      expect(await found()).toEqual(
        expect.arrayContaining([
          `certificateUnlogged ${caseId} ${serialNumber}`,
          `eventForged ${caseId} ${serialNumber}`,
        ]),
      );
    });
  });

  it('an older CRL that is out again lacks a revocation', async () => {
    const older = readFileSync(at('crl', 'crl', 'issuing', 'old.der'));
    await withFile(
      at('crl', 'crl', 'issuing', '0.crl'),
      () => older,
      async () => {
        const lacking = [of('revoked'), of('held')].map(one => `publishedCrlDiffers ${one.caseId} ${one.serialNumber}`);
        expect(await found()).toEqual(lacking.sort());
      },
    );
  });

  it('a CRL in the database that is another one lacks it, too', async () => {
    const older = readFileSync(at('crl', 'crl', 'issuing', 'revoked.der'));
    const { crlNumber = 0 } = (await platform.store.crls.newest(platform.ca)) ?? {};
    await withRows(
      'crl_parts',
      () => database('crl_parts').where({ crl_number: crlNumber, list: '0' }).update({ octets: older }),
      async () => {
        expect(await found()).toEqual([`crlDiffers ${of('held').caseId} ${of('held').serialNumber}`]);
      },
    );
  });

  it('a certificate that OCSP forgot, and a revocation that it forgot', async () => {
    const { caseId, serialNumber } = of('good');
    const lines = (keep: (line: string) => boolean) => (text: string) => text.split('\n').filter(keep).join('\n');
    await withFile(
      at('responder', 'status.jsonl'),
      lines(line => !line.includes(serialNumber)),
      async () => {
        expect(await found()).toEqual([`ocspMissing ${caseId} ${serialNumber}`]);
      },
    );
    const revoked = of('revoked');
    const isRevocation = (line: string): boolean =>
      line.includes(revoked.serialNumber) && line.includes('"is":"revoked"');
    await withFile(
      at('responder', 'status.jsonl'),
      text =>
        text
          .split('\n')
          .map(line =>
            isRevocation(line) ? JSON.stringify({ is: 'good', serialNumber: revoked.serialNumber, notAfter: 1 }) : line,
          )
          .join('\n'),
      async () => {
        expect(await found()).toEqual([`ocspDiffers ${revoked.caseId} ${revoked.serialNumber}`]);
      },
    );
  });

  it('places that are not there are said not to be compared', async () => {
    rmSync(at('responder', 'status.jsonl'));
    expect((await look()).notCompared).toEqual([expect.stringContaining('OCSP statuses')]);
    await followAsResponder(places());
    expect(await found()).toEqual([]);
  });
});

describe('the audit log', () => {
  const leafOf = (event: AuditEvent) => {
    const leaf = Buffer.from(encodeAuditLeaf(event));
    return { leaf, leaf_hash: Buffer.from(leafHash(leaf)) };
  };
  const rowsOf = async () =>
    (await database<{ seq: number; leaf: Buffer }>('audit_log')).map(row => ({ ...row, event: eventOf(row.leaf) }));

  it.each([
    ['certificate.issued', 'good', 'eventMissing'],
    ['certificate.revoked', 'revoked', 'revocationUnaudited'],
  ] as const)('without its %s says so of the case', async (action, name, kind) => {
    const { caseId, serialNumber } = of(name);
    const subject = action === 'certificate.issued' ? caseId : serialNumber;
    const row = (await rowsOf()).find(({ event }) => event?.action === action && event.subject === subject);
    await withRows(
      'audit_log',
      () => database('audit_log').where({ seq: row?.seq }).delete(),
      async () => {
        expect(await found()).toEqual([`${kind} ${caseId} ${serialNumber}`]);
      },
    );
  });

  it('with an event of a certificate that was never signed names the case that it names', async () => {
    const event = {
      at: 1,
      service: 'ca-core',
      action: 'certificate.issued',
      actor: 'ca-core',
      subject: 'K26-never',
      details: { serialNumber: '42' },
    };
    const seq = (await rowsOf()).length;
    await withRows(
      'audit_log',
      () => database('audit_log').insert({ seq, ...leafOf(event) }),
      async () => {
        expect(await found()).toEqual(['eventForged K26-never 42']);
      },
    );
  });

  it('with the hash of another certificate', async () => {
    const { caseId, serialNumber } = of('good');
    const row = (await rowsOf()).find(
      ({ event }) => event?.action === 'certificate.issued' && event.subject === caseId,
    );
    if (row?.event === undefined) throw new Error('not issued');
    const event = { ...row.event, details: { ...row.event.details, certificate: '00'.repeat(32) } };
    await withRows(
      'audit_log',
      () => database('audit_log').where({ seq: row.seq }).update(leafOf(event)),
      async () => {
        expect(await found()).toEqual([`eventDiffers ${caseId} ${serialNumber}`]);
      },
    );
  });
});

describe('every night', () => {
  it('the CA core looks by itself, and what it finds is an alarm', async () => {
    const state = async () => (await platform.store.states.all()).find(({ service }) => service === 'reconcile');
    const night = async (): Promise<void> => {
      const core = await openCa(platform.settings, { log: silentLog, clock });
      await settle(core);
      clock.pass(86_400);
      await settle(core);
      await core.close();
    };
    rmSync(at('responder', 'status.jsonl'));
    await night();
    expect(await state()).toMatchObject({ state: 'green' });
    const { caseId } = of('waiting');
    await withRows(
      'deliveries',
      () => database('deliveries').where({ case_id: caseId }).delete(),
      async () => {
        await night();
        expect(await state()).toMatchObject({ state: 'red' });
        expect((await state())?.detail).toContain(`deliveryMissing ${caseId}`);
      },
    );
  });
});
