/** An audit log of its own: a real database, a home's folder, the real sequencer, a clock that passes when told. */
import { generateKeyPairSync } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import type { AuditKey } from '../../ca-core/audit/audit-key.ts';
import { openCheckpointFiles } from '../../ca-core/audit/checkpoint-files.ts';
import { exportAuditLog } from '../../ca-core/audit/export.ts';
import { judgeAuditLog, type AuditFaultKind, type AuditVerdict } from '../../ca-core/audit/judge.ts';
import { leafHash } from '../../ca-core/audit/leaf.ts';
import { liveLog } from '../../ca-core/audit/live-log.ts';
import { openAuditSequencer, type AuditSequencer } from '../../ca-core/audit/sequencer.ts';
import { encodeNoteKey, noteKeyOf } from '../../ca-core/audit/signed-note.ts';
import { openLateEvents, type LateEvents } from '../../ca-core/home/late-events.ts';
import { signingKeyOf } from '../../ca-core/keys/software-key.ts';
import type { AuditStore } from '../../ca-core/store/audit.ts';
import { openDatabase } from '../../ca-core/store/database.ts';
import { migrateCa } from '../../ca-core/store/migrate-ca.ts';
import { openStore } from '../../ca-core/store/store.ts';

export const origin = 'ca.example/audit';

export interface AnAuditLog {
  readonly base: string;
  readonly folder: string;
  readonly copy: string;
  readonly database: Knex;
  readonly store: AuditStore;
  readonly lateEvents: LateEvents;
  readonly key: AuditKey;
  /** The line of the public key. */
  readonly keyLine: string;
  readonly copyFaults: (string | undefined)[];
  readonly clock: { readonly now: () => number; readonly pass: (seconds: number) => void };
  /** A sequencer as after a start; another store may stand in for the database. */
  readonly open: (store?: AuditStore, key?: AuditKey) => AuditSequencer;
  /** Notes so many events, one checkpoint for each number. */
  readonly grow: (sequencer: AuditSequencer, ...counts: readonly number[]) => Promise<void>;
  readonly judge: () => Promise<AuditVerdict>;
  readonly export: (name: string) => Promise<string>;
  readonly end: () => Promise<void>;
}

/** `place` is where checkpoints go below its own folder. */
export async function anAuditLog(place = 'home/audit'): Promise<AnAuditLog> {
  const base = mkdtempSync(join(tmpdir(), 'kakuin-audit-'));
  const [folder, copy] = [join(base, place), join(base, 'copy')];
  mkdirSync(folder, { recursive: true });
  const database = openDatabase(join(base, 'kakuin.db'));
  await migrateCa(database);
  const store = openStore(database).audit;
  const key: AuditKey = {
    origin,
    key: signingKeyOf(generateKeyPairSync('ed25519').privateKey, 'ed25519'),
    age: 'fresh',
  };
  const lateEvents = openLateEvents(join(base, 'late-events.log'));
  const copyFaults: (string | undefined)[] = [];
  let now = 1_800_000_000;
  const clock = { now: () => now, pass: (seconds: number) => void (now += seconds) };
  const open = (from = store, by = key): AuditSequencer =>
    openAuditSequencer({
      store: from,
      files: openCheckpointFiles(folder),
      copy: openCheckpointFiles(copy),
      lateEvents,
      key: by,
      clock,
      every: 1,
      onCopy: fault => Promise.resolve(void copyFaults.push(fault)),
    });
  const keyLine = encodeNoteKey(noteKeyOf(origin, key.key.publicKey));
  let events = 0;
  return {
    base,
    folder,
    copy,
    database,
    store,
    lateEvents,
    key,
    keyLine,
    copyFaults,
    clock,
    open,
    grow: async (sequencer, ...counts) => {
      for (const count of counts) {
        await store.noteAll(Array.from({ length: count }, () => anEvent(now, `K26-${String(events++ % 5)}`)));
        await sequencer.sequence();
        clock.pass(1);
      }
    },
    judge: async () => {
      const log = liveLog(store, { folder, copy });
      if (log === undefined) throw new Error('the log was not begun');
      return judgeAuditLog(log);
    },
    export: async name => {
      await exportAuditLog(store, folder, join(base, name));
      return join(base, name);
    },
    end: async () => {
      await database.destroy();
      rmSync(base, { recursive: true, force: true });
    },
  };
}

export function anEvent(at: number, subject: string) {
  return {
    at,
    service: 'test',
    action: 'case.touched',
    actor: 'tester',
    subject,
    details: { digest: 'ab'.repeat(32) },
  };
}

export const kindsOf = ({ faults }: AuditVerdict): AuditFaultKind[] => [...new Set(faults.map(({ kind }) => kind))];

/** Puts another leaf in the place of one, with the hash that belongs to it, as whoever has the database can. */
export async function rewriteLeaf(database: Knex, seq: number, leaf: Uint8Array): Promise<void> {
  await database('audit_log')
    .where({ seq })
    .update({ leaf: Buffer.from(leaf), leaf_hash: Buffer.from(leafHash(leaf)) });
}

/** Puts a folder back to what it was. */
export function restore(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
}
