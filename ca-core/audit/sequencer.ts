/** The audit log's one sequencer, and its judge. */
import { equalBytes } from '../x509/der.ts';
import { leafHash } from './leaf.ts';
import { PkiError } from '../errors.ts';
import type { AuditHead, AuditHeadFile } from '../home/audit-head.ts';
import { growMerkleTree } from './merkle-tree.ts';
import type { AuditStore } from '../store/audit.ts';

export interface AuditSequencer {
  /** Appends what waits in the outbox and writes the new head outside the database. How many. */
  readonly sequence: () => Promise<number>;
}

/** Reads the whole log once. Throws auditBroken where it does not lead to the head that was last written. */
export async function openAuditSequencer(store: AuditStore, headFile: AuditHeadFile): Promise<AuditSequencer> {
  const head = headFile.read();
  const { tree, rootAtHead } = await readLog(store, head);
  if (head !== undefined && rootAtHead !== head.root) throw new PkiError('auditBroken', { size: head.size });
  return {
    sequence: async () => {
      const hashes = await store.sequence(2000);
      if (hashes.length === 0) return 0;
      hashes.forEach(tree.append);
      await headFile.write({ size: tree.size(), root: tree.root() });
      return hashes.length;
    },
  };
}

export interface AuditVerdict {
  readonly size: number;
  readonly root: string;
  readonly head: AuditHead | undefined;
  readonly faults: readonly string[];
}

/** Recomputes every leaf hash and the tree, and compares with the head outside the database. */
export async function verifyAudit(store: AuditStore, headFile: AuditHeadFile): Promise<AuditVerdict> {
  const head = headFile.read();
  const { tree, rootAtHead, faults } = await readLog(store, head);
  const missing =
    head !== undefined && head.size > tree.size() ? [`the log ends at ${tree.size()}, the head says ${head.size}`] : [];
  const other =
    head !== undefined && head.size <= tree.size() && rootAtHead !== head.root
      ? [`the root at ${head.size} is another`]
      : [];
  return { size: tree.size(), root: tree.root(), head, faults: [...faults, ...missing, ...other] };
}

async function readLog(store: AuditStore, head: AuditHead | undefined) {
  const tree = growMerkleTree();
  const faults: string[] = [];
  let rootAtHead = head?.size === 0 ? tree.root() : undefined;
  for (let next = 0; ;) {
    const rows = await store.from(next, 5000);
    for (const row of rows) {
      if (row.seq !== next) faults.push(`leaf ${next} is missing`);
      next = row.seq + 1;
      if (!equalBytes(leafHash(row.leaf), row.leafHash)) faults.push(`leaf ${row.seq} was changed`);
      tree.append(row.leafHash);
      if (tree.size() === head?.size) rootAtHead = tree.root();
    }
    if (rows.length < 5000) return { tree, rootAtHead, faults };
  }
}
