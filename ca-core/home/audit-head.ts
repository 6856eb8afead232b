import { existsSync, readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';

/** How long the audit log was, and its Merkle root (RFC 6962 §2.1), when the CA core last looked. */
export interface AuditHead {
  readonly size: number;
  /** SHA-256, hex. */
  readonly root: string;
}

export interface AuditHeadFile {
  readonly read: () => AuditHead | undefined;
  readonly write: (head: AuditHead) => Promise<void>;
}

export function openAuditHead(file: string): AuditHeadFile {
  return {
    read: () => (existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as AuditHead) : undefined),
    write: async head => {
      const beside = await open(`${file}.new`, 'w', 0o600);
      await beside.writeFile(JSON.stringify(head));
      await beside.datasync().finally(() => beside.close());
      await rename(`${file}.new`, file);
    },
  };
}
