/** What a folder may import besides itself, `node:` and the kernel. `'anything'` is for scripts and tests. */
export interface FolderRule {
  readonly folder: string;
  readonly files: readonly string[];
  readonly packages: readonly string[];
}

/** Importable by every folder: refusals, time, validation, log, and where the repository lies. */
export const kernel = ['errors', 'clock', 'schema', 'log', 'project-root'].map(name => `ca-core/${name}.ts`);

/** Folders that may import anything: nothing of the product imports them. */
export const freeFolders = ['scripts', 'test', 'vitest.config.ts'];

/** The import table. A path ending in `/` stands for all files below it; the longest folder that fits a file rules it. */
export const table: readonly FolderRule[] = [
  { folder: 'ca-core', files: ['ca-core/'], packages: ['canonicalize'] },
  { folder: 'ca-core/x509', files: [], packages: ['asn1js', 'pkijs', '@peculiar/x509', 'reflect-metadata'] },
  { folder: 'ca-core/keys', files: ['ca-core/x509/'], packages: [] },
  { folder: 'ca-core/delivery', files: ['ca-core/x509/der.ts'], packages: ['@hpke/core'] },
  {
    folder: 'ca-core/profiles',
    files: ['ca-core/x509/', 'ca-core/approvals/', 'ca-core/operations/'],
    packages: ['canonicalize', 'yaml'],
  },
  { folder: 'ca-core/approvals', files: ['ca-core/x509/'], packages: ['canonicalize'] },
  {
    folder: 'ca-core/audit',
    files: ['ca-core/x509/', 'ca-core/keys/', 'ca-core/store/audit.ts', 'ca-core/home/'],
    packages: [],
  },
  {
    folder: 'ca-core/store',
    files: ['ca-core/x509/', 'ca-core/approvals/', 'ca-core/audit/leaf.ts', 'ca-core/operations/observation.ts'],
    packages: ['knex', 'pg'],
  },
  {
    folder: 'ca-core/home',
    files: ['ca-core/x509/', 'ca-core/approvals/', 'ca-core/audit/leaf.ts', 'ca-core/keys/', 'ca-core/store/'],
    packages: [],
  },
  { folder: 'ra-portal', files: ['ca-core/index.ts'], packages: ['express', 'ejs'] },
  { folder: 'ra-portal/store', files: ['ca-core/index.ts', 'ra-portal/'], packages: ['knex'] },
  { folder: 'ra-portal/registers', files: ['ca-core/index.ts', 'ra-portal/'], packages: ['yaml', 'csv-parse'] },
  { folder: 'ra-portal/bulk/reading', files: [], packages: ['csv-parse'] },
  { folder: 'ra-portal/browser', files: ['ca-core/delivery/', 'ca-core/x509/der.ts'], packages: ['pdf-lib'] },
  { folder: 'approval-desk', files: ['ca-core/index.ts'], packages: ['express', 'ejs'] },
  { folder: 'approval-desk/browser', files: [], packages: [] },
  { folder: 'ocsp-responder', files: ['ca-core/index.ts'], packages: [] },
  {
    folder: 'issuing-station',
    files: [
      ...['ca-core/x509/', 'ca-core/delivery/', 'ca-core/profiles/card-policy.ts', 'ca-core/pairing-code.ts'],
      ...['ca-core/approvals/enrolment-mac.ts', 'ca-core/approvals/station-request.ts', 'ca-core/keys/'],
    ],
    packages: ['express', 'ejs'],
  },
  {
    folder: 'issuing-station/tokens',
    files: [
      ...['ca-core/x509/', 'ca-core/keys/pkcs11-public-key.ts', 'ca-core/keys/pkcs11-signature.ts'],
      ...['ca-core/keys/new-file.ts', 'ca-core/approvals/station-request.ts', 'issuing-station/portal/'],
      ...['issuing-station/put-file.ts', 'issuing-station/bare-request.ts'],
    ],
    packages: ['graphene-pk11'],
  },
  {
    folder: 'pass',
    files: [
      'ca-core/delivery/',
      'ca-core/x509/',
      'ca-core/profiles/card-policy.ts',
      'issuing-station/cards/',
      'issuing-station/portal/',
    ],
    packages: [],
  },
  { folder: 'monitor', files: ['ca-core/index.ts'], packages: [] },
  { folder: 'crl-publisher', files: ['ca-core/index.ts'], packages: ['node-cron'] },
];

/** Runs in the browser as well as in Node: no `node:` module may be imported here. */
export const isomorphic = ['ca-core/delivery/', 'ca-core/x509/der.ts', 'ra-portal/browser/', 'approval-desk/browser/'];

/** Folders that hide what they hold. */
export const emptyWords = ['common', 'utils', 'util', 'helpers', 'types', 'shared', 'lib', 'misc'];

/** Words that say nothing about a module, as part of its file name. */
export const forbiddenNameParts = [
  'process',
  'handle',
  'manage',
  'util',
  'utils',
  'helper',
  'helpers',
  'data',
  'info',
  'manager',
  'service',
];
