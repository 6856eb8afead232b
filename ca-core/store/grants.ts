/** Who may do what to which table, on PostgreSQL: what a service that was broken into cannot write (design §1). */

/** The programs that have a role of their own; the operator's is for the ceremony and the commands. */
export const databaseServices = [
  'ca-core',
  'ra-portal',
  'approval-desk',
  'ocsp-responder',
  'crl-publisher',
  'monitor',
  'operator',
] as const;
export type DatabaseService = (typeof databaseServices)[number];

/** Table → privileges as GRANT takes them. What is not here is refused. */
export type TableGrants = Readonly<Record<string, string>>;

const all = 'SELECT, INSERT, UPDATE, DELETE';
const add = 'SELECT, INSERT';
const read = 'SELECT';
/** Own rows only: see `ownRows`. */
const beat = 'SELECT, INSERT, UPDATE';
const note = 'INSERT';
/** How many wait and since when, and nothing of what. */
const waiting = 'SELECT (state, created_at)';

export const grants: Readonly<Record<DatabaseService, TableGrants>> = {
  'ca-core': {
    ca_migrations: read,
    issuers: read,
    service_states: beat,
    documents: read,
    approvals: read,
    rolls: all,
    invitations: read,
    enrolments: read,
    issuance_orders: 'SELECT, UPDATE',
    intentions: 'SELECT, INSERT, DELETE',
    certificates: 'SELECT, INSERT, DELETE',
    deliveries: 'SELECT, INSERT, UPDATE, DELETE',
    revocation_orders: 'SELECT, UPDATE',
    serial_lists: read,
    mass_revocations: 'SELECT, UPDATE',
    key_orders: 'SELECT, UPDATE',
    blocked_keys: 'SELECT, INSERT, DELETE',
    status_changes: 'SELECT, INSERT, DELETE',
    crl_orders: 'SELECT, UPDATE',
    crls: 'SELECT, INSERT, DELETE',
    crl_parts: 'SELECT, INSERT, DELETE',
    signer_requests: 'SELECT, UPDATE',
    audit_outbox: 'SELECT, INSERT, DELETE',
    audit_log: add,
    audit_checkpoints: 'SELECT, INSERT, UPDATE',
    leases: 'SELECT, UPDATE',
    voided_documents: read,
    held_lists: read,
    station_requests: read,
  },
  'ra-portal': {
    ca_migrations: read,
    issuers: read,
    service_states: beat,
    documents: add,
    approvals: read,
    rolls: read,
    invitations: read,
    enrolments: add,
    issuance_orders: read,
    certificates: read,
    deliveries: 'SELECT, UPDATE (sealed_key, picked_up_at, pkcs12, sealed_password)',
    revocation_orders: add,
    serial_lists: add,
    mass_revocations: read,
    key_orders: read,
    blocked_keys: read,
    self_audits: add,
    status_changes: read,
    voided_documents: add,
    list_cases: add,
    held_lists: 'SELECT, INSERT, DELETE',
    station_requests: add,
    audit_outbox: note,
    audit_log: read,
    audit_checkpoints: read,
    observations: beat,
    alerts: 'SELECT, INSERT, UPDATE (mailed_at)',
  },
  'approval-desk': {
    ca_migrations: read,
    issuers: read,
    service_states: beat,
    documents: read,
    approvals: 'SELECT, INSERT, DELETE',
    rolls: add,
    invitations: read,
    enrolments: add,
    issuance_orders: 'SELECT, INSERT, DELETE',
    certificates: read,
    revocation_orders: add,
    serial_lists: read,
    mass_revocations: add,
    key_orders: add,
    blocked_keys: read,
    status_changes: read,
    voided_documents: read,
    list_cases: read,
    audit_outbox: note,
  },
  'ocsp-responder': {
    ca_migrations: read,
    issuers: read,
    service_states: beat,
    certificates: read,
    status_changes: read,
    crls: read,
    crl_parts: read,
    signer_requests: add,
  },
  'crl-publisher': {
    ca_migrations: read,
    issuers: read,
    service_states: beat,
    certificates: read,
    status_changes: read,
    crl_orders: add,
    crls: read,
    crl_parts: read,
    cross_certificates: read,
    publisher_leases: 'SELECT, UPDATE',
    audit_outbox: note,
  },
  monitor: {
    ca_migrations: read,
    issuers: read,
    service_states: beat,
    issuance_orders: waiting,
    revocation_orders: waiting,
    mass_revocations: waiting,
    key_orders: waiting,
    signer_requests: waiting,
    crl_orders: 'SELECT (created_at, closed_at)',
    certificates: 'SELECT (issuer, serial_number, case_id, not_after)',
    status_changes: read,
    crls: read,
    crl_parts: read,
    audit_outbox: read,
    audit_log: read,
    observations: beat,
    alerts: add,
  },
  operator: {
    ca_migrations: read,
    issuers: 'SELECT, INSERT, UPDATE',
    service_states: read,
    documents: add,
    approvals: read,
    rolls: all,
    invitations: 'SELECT, INSERT, UPDATE',
    enrolments: read,
    issuance_orders: read,
    intentions: read,
    certificates: read,
    // What reconciling asks: whether a key waits, of whatever kind; the CA core's own user reads no more (deliveries-told.ts).
    deliveries: 'SELECT (case_id, expires_at, picked_up_at, sealed_key, pkcs12, wrapped_key)',
    revocation_orders: read,
    serial_lists: add,
    mass_revocations: read,
    key_orders: read,
    blocked_keys: read,
    self_audits: add,
    status_changes: read,
    crl_orders: 'SELECT, INSERT, UPDATE',
    crls: add,
    crl_parts: read,
    cross_certificates: add,
    signer_requests: read,
    audit_outbox: 'SELECT, INSERT',
    audit_log: read,
    audit_checkpoints: read,
    leases: read,
    observations: read,
    alerts: read,
  },
};

export interface RowLimit {
  /** The expression that names the service a row is of. */
  readonly owner: string;
  /** Columns that hold no more than so many octets: whoever reads them all must not run out of memory. */
  readonly short?: readonly string[];
}

/** Many times what any of these has. */
export const mostOctets = 65_536;

/** Of these tables a service writes only rows that are its own, and no long ones; the CA core and the operator write any. */
export const ownRows: Readonly<Record<string, RowLimit>> = {
  service_states: { owner: 'service' },
  observations: { owner: 'reporter' },
  audit_outbox: { owner: "(event::json ->> 'service')", short: ['event'] },
  revocation_orders: {
    owner: "(CASE asked_by WHEN 'subscriber' THEN 'ra-portal' WHEN 'officer' THEN 'approval-desk' END)",
    short: ['document', 'approvals'],
  },
  station_requests: { owner: "'ra-portal'", short: ['request'] },
};

export const writesAnyRow = (service: DatabaseService): boolean => service === 'ca-core' || service === 'operator';
