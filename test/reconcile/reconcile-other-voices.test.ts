/** Events that another service writes under its own name are its own word: they are no sign of what the CA core did. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeAuditLeaf, leafHash, type AuditEvent } from '../../ca-core/audit/leaf.ts';
import { eventOf } from '../../ca-core/audit/prove.ts';
import { aReconciledCa, type AReconciledCa } from './support/a-reconciled-ca.ts';

let ground: AReconciledCa;
beforeAll(async () => {
  ground = await aReconciledCa();
});
afterAll(() => ground.end());

const rowOf = (event: AuditEvent) => {
  const leaf = Buffer.from(encodeAuditLeaf(event));
  return { leaf, leaf_hash: Buffer.from(leafHash(leaf)) };
};
const saidByPortal = (action: string, subject: string, details: Record<string, string>): AuditEvent => ({
  ...{ at: 1, service: 'ra-portal', action, actor: 'ra-portal', subject, details },
});

it('what a portal says was issued forges nothing', async () => {
  const { caseId, serialNumber } = ground.of('good');
  const certificate = '00'.repeat(32);
  const events = [
    saidByPortal('certificate.issued', 'K26-never', { serialNumber: '42' }),
    saidByPortal('certificate.issued', caseId, { serialNumber, certificate }),
  ];
  await ground.withRows(
    'audit_log',
    async database => {
      const seq = (await database<{ seq: number }>('audit_log').select('seq')).length;
      await database('audit_log').insert(events.map((event, at) => ({ seq: seq + at, ...rowOf(event) })));
    },
    async () => {
      expect(await ground.found()).toEqual([]);
    },
  );
});

it('what a portal says was revoked hides no missing event', async () => {
  const { caseId, serialNumber } = ground.of('revoked');
  await ground.withRows(
    'audit_log',
    async database => {
      const rows = await database<{ seq: number; leaf: Buffer }>('audit_log');
      const own = rows.find(({ leaf }) => {
        const event = eventOf(leaf);
        return event?.action === 'certificate.revoked' && event.subject === serialNumber;
      });
      const said = saidByPortal('certificate.revoked', serialNumber, { reason: 'keyCompromise' });
      await database('audit_log').where({ seq: own?.seq }).update(rowOf(said));
    },
    async () => {
      expect(await ground.found()).toEqual([`revocationUnaudited ${caseId} ${serialNumber}`]);
    },
  );
});
