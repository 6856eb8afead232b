import { readFileSync } from 'node:fs';
import { PkiError } from './errors.ts';
import { keyPlaceMistakes } from './keys/open-key-store.ts';
import { mostSessions } from './keys/pkcs11-standing-connection.ts';
import { readBy, z } from './schema.ts';

const url = z.url().transform(text => text.replace(/\/$/, ''));

const keyPlace = z.string().superRefine((keys, context) => {
  for (const message of keyPlaceMistakes(keys)) context.addIssue({ code: 'custom', message });
});

const caSettings = z
  .object({
    KAKUIN_HOME: z.string().min(1),
    KAKUIN_DATABASE: z.string().min(1),
    KAKUIN_POLICIES: z.string().min(1),
    KAKUIN_PASSPHRASE_FILE: z.string().min(1),
    KAKUIN_OCSP_URL: url,
    KAKUIN_CRL_URL: url,
    KAKUIN_APPROVAL_URL: url,
    KAKUIN_CA_KEYS: keyPlace,
    KAKUIN_CA_TOKEN_SESSIONS: z.coerce.number().int().min(1).max(mostSessions).optional(),
    KAKUIN_CA_WORKERS: z.coerce.number().int().min(1).max(64).optional(),
    KAKUIN_AUDIT_COPY: z.string().min(1).optional(),
    KAKUIN_BACKUP: z.string().min(1).optional(),
    KAKUIN_BACKUP_KEY: z.string().min(1).optional(),
    KAKUIN_BACKUP_DATABASE: z.string().min(1).optional(),
  })
  .refine(({ KAKUIN_BACKUP: to, KAKUIN_BACKUP_KEY: key }) => (to === undefined) === (key === undefined), {
    path: ['KAKUIN_BACKUP'],
    message: 'needs KAKUIN_BACKUP_KEY beside it, and the other way round',
  });

/** Where the CA core finds everything. Secrets stay in their files. */
export interface CaSettings {
  readonly home: string;
  readonly database: string;
  readonly policies: string;
  readonly passphraseFile: string;
  readonly ocspUrl: string;
  readonly crlUrl: string;
  readonly approvalUrl: string;
  /** Where the issuing CA's key is: `file`, which is also what nothing means, or a pkcs11: URI. */
  readonly caKeys?: string | undefined;
  /** How many signatures at once a token is asked for; as many as fit the machine where nothing is said. */
  readonly tokenSessions?: number | undefined;
  /** How many CA cores may work in this home at once; one where nothing is said. */
  readonly workers?: number | undefined;
  /** A folder, best on another machine, for a second copy of the audit log's checkpoints. */
  readonly auditCopy?: string | undefined;
  /** Where backups go, and how; none are made where nothing is said. */
  readonly backup?: BackupSettings | undefined;
}

export interface BackupSettings {
  /** A folder, best on another machine. */
  readonly to: string;
  /** The file with the operators' public key. */
  readonly keyFile: string;
  /** The database as an account that may read every table; as the CA core's own where nothing is said. */
  readonly database?: string | undefined;
}

/** Throws settingsInvalid with every mistake at once. */
export function readCaSettings(environment: Readonly<Record<string, string | undefined>>): CaSettings {
  const read = readBy(caSettings, environment, 'settingsInvalid');
  return {
    home: read.KAKUIN_HOME,
    database: read.KAKUIN_DATABASE,
    policies: read.KAKUIN_POLICIES,
    passphraseFile: read.KAKUIN_PASSPHRASE_FILE,
    ocspUrl: read.KAKUIN_OCSP_URL,
    crlUrl: read.KAKUIN_CRL_URL,
    approvalUrl: read.KAKUIN_APPROVAL_URL,
    caKeys: read.KAKUIN_CA_KEYS,
    tokenSessions: read.KAKUIN_CA_TOKEN_SESSIONS,
    workers: read.KAKUIN_CA_WORKERS,
    auditCopy: read.KAKUIN_AUDIT_COPY,
    backup: backupOf(read),
  };
}

function backupOf({
  KAKUIN_BACKUP: to,
  KAKUIN_BACKUP_KEY: keyFile,
  KAKUIN_BACKUP_DATABASE: database,
}: z.infer<typeof caSettings>): BackupSettings | undefined {
  return to === undefined || keyFile === undefined ? undefined : { to, keyFile, database };
}

/** The passphrase that opens a key store. Throws settingsInvalid when the file cannot be read. */
export function readPassphrase(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    throw new PkiError('settingsInvalid', { mistakes: [`the passphrase file ${file} cannot be read`] });
  }
}
