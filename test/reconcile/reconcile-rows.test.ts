/** Everything in its place says the same; one row changed, taken away or added by hand is found, with its case. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Knex } from 'knex';
import type { ACa } from '../support/a-ca.ts';
import { aSmallPki } from '../support/small-pki.ts';
import { aReconciledCa, type AReconciledCa, type Fate } from './support/a-reconciled-ca.ts';

let ground: AReconciledCa;
let platform: ACa;
let database: Knex;
let clock: AReconciledCa['clock'];
beforeAll(async () => {
  ground = await aReconciledCa();
  ({ platform, database, clock } = ground);
});
afterAll(() => ground.end());

it('finds nothing where nothing is wrong, and says how much it looked at', async () => {
  expect(await ground.look()).toMatchObject({
    findings: [],
    notCompared: [],
    counts: { signed: 6, certificates: 6, decisions: 3, onCrl: 3, ocsp: 6, deliveries: 2 },
  });
});

type Change = (caseId: string, serialNumber: string) => Promise<unknown>;

const mutations: readonly (readonly [what: string, kind: string, fate: Fate, change: Change, table: string])[] = [
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
        .where({ serial_number: ground.of('held').serialNumber })
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
  const [kind, fate, change, table] = mutation;
  it(`${kind} is found with its case`, async () => {
    const { caseId, serialNumber } = ground.of(fate);
    await ground.withRows(
      table,
      () => change(caseId, serialNumber),
      async () => {
        const all = await ground.found();
        expect(all).toContain(`${kind} ${caseId} ${serialNumber}`);
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
    await ground.withRows(
      'certificates',
      () => database('certificates').insert({ ...row, ...times, certificate: Buffer.from(leaf.der) }),
      async () => {
        expect(await ground.found()).toEqual([`certificateForeign K26-forged ${'4a'.repeat(16)}`]);
      },
    );
  });

  it('a delivery for a case without a certificate is a stray', async () => {
    const row = { case_id: 'K26-stray', sealed_key: Buffer.of(1), expires_at: clock.now() + 9 };
    await ground.withRows(
      'deliveries',
      () => database('deliveries').insert(row),
      async () => {
        expect(await ground.found()).toEqual(['deliveryStray K26-stray ']);
      },
    );
  });
});
