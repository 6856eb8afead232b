import type { Knex } from 'knex';
import type { UnixTime } from '../clock.ts';
import type { Violation } from '../errors.ts';
import { noteEvent } from './audit.ts';
import { readJson } from './read-row.ts';

/** A certificate of the sample, and what is wrong with it; nothing where all is right. */
export interface AuditedCertificate {
  readonly issuer: string;
  readonly serialNumber: string;
  readonly caseId: string;
  readonly profile: string;
  readonly notBefore: UnixTime;
  readonly findings: readonly Violation[];
}

/** What is kept on record of a quarter. */
export interface SelfAudit {
  readonly quarter: string;
  /** How long the audit log was, and its Merkle root (hex). */
  readonly log: { readonly size: number; readonly root: string };
  /** How many certificates were issued in the quarter. */
  readonly issued: number;
  readonly drawnAt: UnixTime;
  readonly sample: readonly AuditedCertificate[];
}

export interface RecordedSelfAudit extends SelfAudit {
  readonly drawnBy: string;
}

export interface SelfAuditStore {
  readonly of: (quarter: string) => Promise<RecordedSelfAudit | undefined>;
  /** Newest first. */
  readonly all: () => Promise<readonly RecordedSelfAudit[]>;
  /** Keeps the first of each quarter; what is drawn again changes nothing. Whether it was the first. */
  readonly add: (audit: SelfAudit, by: { readonly service: string; readonly actor: string }) => Promise<boolean>;
}

interface Row {
  quarter: string;
  report: string;
  drawn_by: string;
  created_at: UnixTime;
}

export function openSelfAuditStore(database: Knex): SelfAuditStore {
  return {
    of: async quarter => {
      const row = await database<Row>('self_audits').where({ quarter }).first();
      return row && auditOf(row);
    },
    all: async () => (await database<Row>('self_audits').orderBy('quarter', 'desc')).map(auditOf),
    add: (audit, by) =>
      database.transaction(async transaction => {
        const { quarter, drawnAt, log, issued, sample } = audit;
        const known = await transaction<Row>('self_audits').where({ quarter }).first();
        if (known !== undefined) return false;
        const row = { quarter, report: JSON.stringify(audit), drawn_by: by.actor, created_at: drawnAt };
        await transaction<Row>('self_audits').insert(row);
        const findings = sample.filter(one => one.findings.length > 0).length;
        const counts = { issued: String(issued), sample: String(sample.length), findings: String(findings) };
        const details = { ...counts, size: String(log.size), root: log.root };
        await noteEvent(transaction, { at: drawnAt, ...by, action: 'selfAudit.drawn', subject: quarter, details });
        return true;
      }),
  };
}

const auditOf = (row: Row): RecordedSelfAudit => ({
  ...(readJson(row.report) as SelfAudit),
  drawnBy: row.drawn_by,
});
