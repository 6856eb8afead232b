/** Proofs that leave the house: one event in one file, and that the log only grew. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCheckpoint } from '../../ca-core/audit/checkpoint.ts';
import { encodeInclusionProof, readInclusionProof, verifyInclusionProof } from '../../ca-core/audit/inclusion-proof.ts';
import { storedLines } from '../../ca-core/audit/live-log.ts';
import { proveEvents, proveGrowth, type CheckpointedLog } from '../../ca-core/audit/prove.ts';
import { noteKeyOf, readNoteKey } from '../../ca-core/audit/signed-note.ts';
import { verifyConsistency } from '../../ca-core/audit/verify-proof.ts';
import { anAuditLog, anEvent, rewriteLeaf, type AnAuditLog } from './an-audit-log.ts';
import { encodeAuditLeaf } from '../../ca-core/audit/leaf.ts';

let log: AnAuditLog;
let older: string;
beforeAll(async () => {
  log = await anAuditLog();
  await log.grow(log.open(), 9);
  older = readFileSync(join(log.folder, 'checkpoint'), 'utf8');
  await log.grow(log.open(), 14);
  // One more, which no checkpoint covers yet.
  await log.store.note(anEvent(1, 'K26-1'));
  await log.store.sequence(10, 0);
});
afterAll(() => log.end());

const checkpointed = (): CheckpointedLog => ({
  lines: storedLines(log.store),
  note: readFileSync(join(log.folder, 'checkpoint'), 'utf8'),
  key: readNoteKey(log.keyLine),
});

describe('a proof of an event', () => {
  it('is a file that shows it to whoever has the public key', async () => {
    const proofs = await proveEvents(checkpointed(), 'K26-1');
    expect(proofs.map(({ index }) => index)).toEqual([1, 6, 11, 16, 21]);
    for (const proof of proofs) {
      const text = encodeInclusionProof(proof);
      expect(text).toMatch(
        /^c2sp\.org\/tlog-proof@v1\nextra [^\n]+\nindex \d+\n([^\n]{44}\n)+\nca\.example\/audit\n23\n/,
      );
      const shown = verifyInclusionProof(readInclusionProof(text), readNoteKey(log.keyLine));
      expect(shown).toMatchObject({ index: proof.index, checkpoint: { size: 23 }, event: { subject: 'K26-1' } });
    }
  });

  it('shows nothing with another leaf, place, hash, checkpoint or key', async () => {
    const [proof, other] = await proveEvents(checkpointed(), 'K26-1');
    if (proof === undefined || other === undefined) throw new Error('no proofs');
    const key = readNoteKey(log.keyLine);
    const spoiled = [
      { ...proof, leaf: encodeAuditLeaf(anEvent(7, 'K26-1')) },
      { ...proof, index: proof.index + 1 },
      { ...proof, proof: other.proof },
      { ...proof, proof: proof.proof.slice(1) },
      { ...proof, note: older },
      { ...proof, note: proof.note.replace('\n23\n', '\n24\n') },
    ];
    for (const one of spoiled) expect(() => verifyInclusionProof(one, key)).toThrow('auditBroken');
    const stranger = noteKeyOf(key.name, Buffer.from(`302a300506032b6570032100${'11'.repeat(32)}`, 'hex'));
    expect(() => verifyInclusionProof(proof, stranger)).toThrow('auditBroken');
    for (const text of ['', older, encodeInclusionProof(proof).replace('index ', 'index 0')])
      expect(() => readInclusionProof(text)).toThrow('auditBroken');
  });

  it('finds events whose details name the id, and none about nobody', async () => {
    expect(await proveEvents(checkpointed(), 'ab'.repeat(32))).toHaveLength(23);
    expect(await proveEvents(checkpointed(), 'K99')).toEqual([]);
  });
});

describe('a proof that the log only grew', () => {
  it('leads from an older checkpoint to the newest', async () => {
    const { note, key } = checkpointed();
    const [before, now] = [readCheckpoint(older, key), readCheckpoint(note, key)];
    const proof = await proveGrowth(checkpointed(), before);
    const [from, to] = [before, now].map(({ size, root }) => ({ size, root: Buffer.from(root, 'hex') }));
    if (from === undefined || to === undefined) throw new Error('no checkpoints');
    expect([from.size, to.size]).toEqual([9, 23]);
    expect(verifyConsistency({ older: from, newer: to, proof })).toBe(true);
    expect(verifyConsistency({ older: { ...from, root: to.root }, newer: to, proof })).toBe(false);
  });

  it('is not made for another history, nor from leaves that are not the checkpoint’s', async () => {
    const foreign = { origin: 'ca.example/audit', size: 9, root: '00'.repeat(32) };
    await expect(proveGrowth(checkpointed(), foreign)).rejects.toThrow('not the one of the checkpoint of 9');
    await rewriteLeaf(log.database, 2, encodeAuditLeaf(anEvent(1, 'K26-1')));
    await expect(proveEvents(checkpointed(), 'K26-1')).rejects.toThrow('not the one of the checkpoint of 23');
  });
});
