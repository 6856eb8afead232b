/** The audit log, verified from its first line against the signed checkpoints; beside the rounds, since it may take minutes. */
import { readdir } from 'node:fs/promises';
import { judgeAuditLog, liveLog } from '../ca-core/index.ts';
import { reading, type Look, type MonitorParts } from './parts.ts';

export interface AuditLook {
  readonly look: Look;
  /** Resolves when a verification that is under way has ended. */
  readonly settled: () => Promise<void>;
}

export function lookAtAudit({ store, settings, policy, clock, log }: MonitorParts): AuditLook {
  let faults: number | null = null;
  let verifiedAt: number | null = null;
  let triedAt = -Infinity;
  let working: Promise<void> = Promise.resolve();
  const verify = async (): Promise<void> => {
    const judged = liveLog(store.audit, settings.audit);
    if (judged === undefined) {
      // Before its first event there is nothing to verify; leaves without checkpoints are a log that lost them. A folder
      // that may not be read tells nothing.
      const size = await store.audit.size();
      if (size > 0) await checkReadable(settings.audit.folder);
      faults = size === 0 ? 0 : 1;
    } else {
      const verdict = await judgeAuditLog(judged);
      faults = verdict.faults.length;
      for (const { kind, sentence } of verdict.faults.slice(0, 20))
        log.error({ kind, sentence }, 'the audit log is not well');
    }
    verifiedAt = clock.now();
  };
  const begin = (): void => {
    triedAt = clock.now();
    working = verify().catch((error: unknown) => log.error({ err: error }, 'the audit log could not be verified'));
  };
  return {
    settled: () => working,
    look: () => {
      if (clock.now() - triedAt >= policy.auditEvery) begin();
      const since = verifiedAt === null ? null : Math.max(0, clock.now() - verifiedAt);
      return Promise.resolve([reading('auditFaults', '', faults), reading('auditVerified', '', since)]);
    },
  };
}

/** Throws where it is there and may not be read. */
async function checkReadable(folder: string): Promise<void> {
  await readdir(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  });
}
