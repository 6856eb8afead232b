/** Who may do what to which table, on PostgreSQL: what a service that was broken into cannot write (design §1). */

/** The programs that have a role of their own; the operator's is for the ceremony and the commands. */
export const databaseServices = [
  'ca-core',
  'ra-portal',
  'approval-desk',
  'ocsp-responder',
  'crl-publisher',
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

export const grants: Readonly<Record<DatabaseService, TableGrants>> = {
  'ca-core': {
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
  },
  'approval-desk': {
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
    issuers: read,
    service_states: beat,
    certificates: read,
    status_changes: read,
    crls: read,
    crl_parts: read,
    signer_requests: add,
  },
  'crl-publisher': {
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
  operator: {
    issuers: 'SELECT, INSERT, UPDATE',
    service_states: read,
    documents: add,
    approvals: read,
    rolls: 'SELECT, INSERT, UPDATE',
    invitations: 'SELECT, INSERT, UPDATE',
    enrolments: read,
    issuance_orders: read,
    intentions: read,
    certificates: read,
    deliveries: 'SELECT (case_id, expires_at, picked_up_at)',
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
  },
};

/** Of these tables a service writes only rows that name it; the CA core and the operator write any. */
export const ownRows: Readonly<Record<string, string>> = {
  service_states: 'service',
  audit_outbox: "(event::json ->> 'service')",
};

export const writesAnyRow = (service: DatabaseService): boolean => service === 'ca-core' || service === 'operator';
