/** Checkpoints as others read them: Go's own note, our leaf's canonical form, and what is refused. */
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCheckpoint, signCheckpoint } from '../../ca-core/audit/checkpoint.ts';
import { decodeAuditLeaf, encodeAuditLeaf } from '../../ca-core/audit/leaf.ts';
import { encodeNoteKey, noteKeyOf, openNote, readNoteKey, signNote } from '../../ca-core/audit/signed-note.ts';
import { signingKeyOf } from '../../ca-core/keys/software-key.ts';
import { fromHex } from '../../ca-core/x509/der.ts';

/** The example of golang.org/x/mod/sumdb/note. */
const goKey = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const goSeed = Buffer.from('AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz', 'base64').subarray(1);
const goText = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const goNote = `${goText}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`;

/** A shorter leaf may be one too, of an event with fewer details; it never reads as the longer one. */
function encodedAgain(leaf: Uint8Array): Uint8Array | 'refused' {
  try {
    return encodeAuditLeaf(decodeAuditLeaf(leaf));
  } catch {
    return 'refused';
  }
}

const ed25519 = () => signingKeyOf(generateKeyPairSync('ed25519').privateKey, 'ed25519');

describe('a signed note (c2sp.org/signed-note)', () => {
  it("reads Go's example and writes it byte for byte with Go's key", async () => {
    const key = readNoteKey(goKey);
    expect(openNote(goNote, key)).toBe(goText);
    expect(encodeNoteKey(key)).toBe(goKey);
    const pkcs8 = Buffer.concat([fromHex('302e020100300506032b657004220420'), goSeed]);
    const signer = signingKeyOf(createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }), 'ed25519');
    expect(await signNote(goText, 'PeterNeumann', signer)).toBe(goNote);
  });

  it('refuses a changed text, a changed key id, another key, a missing line, control characters', () => {
    const key = readNoteKey(goKey);
    const other = noteKeyOf('PeterNeumann', ed25519().publicKey);
    const spoiled = [
      goNote.replace('think', 'thank'),
      goNote.replace('x08g', 'x08h'),
      goText,
      `${goNote}\t`,
      goNote.trimEnd(),
      '',
    ];
    for (const note of spoiled) expect(() => openNote(note, key), note).toThrow('auditBroken');
    expect(() => openNote(goNote, other)).toThrow('auditBroken');
    for (const line of [
      goKey.replace('c74f', 'c74e'),
      goKey.replace('+AR', '+AS'),
      'PeterNeumann',
      `a b${goKey.slice(12)}`,
    ])
      expect(() => readNoteKey(line), line).toThrow('auditBroken');
  });

  it('passes over lines of other signers, as witnesses add them', () => {
    const witnessed = `${goNote}— witness.example AAAAAAA=\n`;
    expect(openNote(witnessed, readNoteKey(goKey))).toBe(goText);
  });
});

describe('a checkpoint (c2sp.org/tlog-checkpoint)', () => {
  it('has origin, size and root on three lines, and is read back', async () => {
    const key = ed25519();
    const checkpoint = { origin: 'ca.example/audit', size: 7, root: 'ab'.repeat(32) };
    const note = await signCheckpoint(checkpoint, key);
    const lines = note.split('\n');
    expect(lines.slice(0, 4)).toEqual([
      'ca.example/audit',
      '7',
      Buffer.from('ab'.repeat(32), 'hex').toString('base64'),
      '',
    ]);
    expect(lines[4]).toMatch(/^— ca\.example\/audit [A-Za-z0-9+/]{91}=$/);
    expect(readCheckpoint(note, noteKeyOf('ca.example/audit', key.publicKey))).toEqual(checkpoint);
    expect(() => readCheckpoint(note.replace('\n7\n', '\n8\n'), noteKeyOf('ca.example/audit', key.publicKey))).toThrow(
      'auditBroken',
    );
  });

  it("is not another log's, even by the same key", async () => {
    const key = ed25519();
    const note = await signNote(`other.example\n0\n${Buffer.alloc(32).toString('base64')}\n`, 'ca.example', key);
    expect(() => readCheckpoint(note, noteKeyOf('ca.example', key.publicKey))).toThrow('no checkpoint of this log');
  });
});

describe('a leaf', () => {
  it('is canonical: what is encoded is read back, and nothing else is read', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 12 });
    const event = fc.record({
      at: fc.nat(),
      service: text,
      action: text,
      actor: text,
      subject: text,
      details: fc.dictionary(fc.stringMatching(/^[a-zA-Z]{1,8}$/), text, { noNullPrototype: true }),
    });
    fc.assert(
      fc.property(event, fc.nat(), (given, noise) => {
        const leaf = encodeAuditLeaf(given);
        expect(decodeAuditLeaf(leaf)).toEqual(given);
        const cut = leaf.slice(0, noise % leaf.length);
        expect(encodedAgain(cut)).toSatisfy(
          again => again === 'refused' || Buffer.from(cut).equals(again as Uint8Array),
        );
        expect(() => decodeAuditLeaf(Buffer.concat([leaf, Buffer.of(0)]))).toThrow('auditBroken');
      }),
    );
  });
});
