import type { DatabaseService, TableGrants } from '../../ca-core/index.ts';

const all = 'SELECT, INSERT, UPDATE, DELETE';

/** The portal's own tables are nobody else's; the operator imports registers. */
export const portalGrants: Readonly<Partial<Record<DatabaseService, TableGrants>>> = {
  'ra-portal': {
    applications: all,
    case_register_records: all,
    case_evidence: all,
    case_variations: all,
    portal_sessions: all,
    sign_in_challenges: all,
    code_attempts: all,
    register_snapshots: all,
    register_entries: all,
    letters: all,
    drafts: all,
    uploads: all,
    known_devices: all,
    entry_passes: all,
    problem_reports: all,
    case_desk: all,
    case_editors: all,
    case_remarks: all,
    case_notes: all,
    case_events: all,
    followed_logs: all,
  },
  operator: { register_snapshots: all, register_entries: all },
};
