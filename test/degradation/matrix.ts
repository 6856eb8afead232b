/** What people and relying parties can do while something is away: docs/degradation.md shows it, the test beside observes it. */

export const acts = ['apply', 'approve', 'issue', 'pickUp', 'revoke', 'ocsp', 'crl'] as const;
export type Act = (typeof acts)[number];

/**
 * works: as ever · waits: taken, and done by itself when what failed is back · refused: at once, with a sentence, nothing
 * half-made · stale: what was made before is served until its nextUpdate · away: nobody answers.
 */
export type Cell = 'works' | 'waits' | 'refused' | 'stale' | 'away';

export const failures = [
  'database',
  'token',
  'mail',
  'register',
  'auditDisk',
  'dataDisk',
  'clock',
  'ca-core',
  'ra-portal',
  'approval-desk',
  'ocsp-responder',
  'crl-publisher',
] as const;
export type Failure = (typeof failures)[number];

type Row = Readonly<Record<Act, Cell>>;
const all: Row = {
  apply: 'works',
  approve: 'works',
  issue: 'works',
  pickUp: 'works',
  revoke: 'works',
  ocsp: 'works',
  crl: 'works',
};

export const matrix: Readonly<Record<Failure, Row>> = {
  database: {
    apply: 'refused',
    approve: 'refused',
    issue: 'waits',
    pickUp: 'refused',
    revoke: 'refused',
    ocsp: 'stale',
    crl: 'stale',
  },
  token: { ...all, issue: 'waits', crl: 'stale' },
  mail: { ...all, apply: 'waits' },
  register: { ...all, apply: 'refused' },
  auditDisk: { ...all, issue: 'waits' },
  dataDisk: { ...all, issue: 'waits', revoke: 'waits', ocsp: 'stale', crl: 'stale' },
  clock: { ...all, pickUp: 'refused', revoke: 'refused', crl: 'stale' },
  'ca-core': { ...all, issue: 'waits', revoke: 'waits', ocsp: 'stale', crl: 'stale' },
  'ra-portal': { ...all, apply: 'away', pickUp: 'away', revoke: 'away' },
  'approval-desk': { ...all, approve: 'away' },
  'ocsp-responder': { ...all, ocsp: 'away' },
  'crl-publisher': { ...all, crl: 'away' },
};
