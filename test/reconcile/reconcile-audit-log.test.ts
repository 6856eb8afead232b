/** An audit log that lacks an event, or has one too many or another, is found, with the case. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Knex } from 'knex';
import { encodeAuditLeaf, leafHash, type AuditEvent } from '../../ca-core/audit/leaf.ts';
import { eventOf } from '../../ca-core/audit/prove.ts';
import { aReconciledCa, type AReconciledCa } from './support/a-reconciled-ca.ts';

let ground: AReconciledCa;
let database: Knex;
beforeAll(async () => {
  ground = await aReconciledCa();
  ({ database } = ground);
});
afterAll(() => ground.end());

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
    const { caseId, serialNumber } = ground.of(name);
    const subject = action === 'certificate.issued' ? caseId : serialNumber;
    const row = (await rowsOf()).find(({ event }) => event?.action === action && event.subject === subject);
    await ground.withRows(
      'audit_log',
      () => database('audit_log').where({ seq: row?.seq }).delete(),
      async () => {
        expect(await ground.found()).toEqual([`${kind} ${caseId} ${serialNumber}`]);
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
    await ground.withRows(
      'audit_log',
      () => database('audit_log').insert({ seq, ...leafOf(event) }),
      async () => {
        expect(await ground.found()).toEqual(['eventForged K26-never 42']);
      },
    );
  });

  it('with the hash of another certificate', async () => {
    const { caseId, serialNumber } = ground.of('good');
    const row = (await rowsOf()).find(
      ({ event }) => event?.action === 'certificate.issued' && event.subject === caseId,
    );
    if (row?.event === undefined) throw new Error('not issued');
    const event = { ...row.event, details: { ...row.event.details, certificate: '00'.repeat(32) } };
    await ground.withRows(
      'audit_log',
      () => database('audit_log').where({ seq: row.seq }).update(leafOf(event)),
      async () => {
        expect(await ground.found()).toEqual([`eventDiffers ${caseId} ${serialNumber}`]);
      },
    );
  });
});
