import { isIP } from 'node:net';
import { dirname } from 'node:path';
import { PkiError } from '../ca-core/errors.ts';
import { readBy, z } from '../ca-core/schema.ts';

/** A folder whose disk is watched, by the name that operators see. */
export interface WatchedDisk {
  readonly name: string;
  readonly folder: string;
}

export interface MonitorSettings {
  /** The monitor's own folder: what it has to tell and has not told yet. */
  readonly home: string;
  readonly database: string;
  readonly policies: string;
  /** As relying parties and people reach them. */
  readonly urls: { readonly crl: string; readonly ocsp: string; readonly portal: string; readonly approval: string };
  /** Where its figures are had. */
  readonly address: string;
  readonly port: number;
  /** File with the token that whoever reads the figures must bring; undefined where the address alone decides. */
  readonly tokenFile: string | undefined;
  readonly webhook: { readonly url: string; readonly secretFile: string } | undefined;
  /** NTP server that the clock is compared with. */
  readonly timeSource: { readonly host: string; readonly port: number } | undefined;
  /** Where the audit log's checkpoints and public key are. */
  readonly audit: { readonly folder: string; readonly copy: string | undefined };
  /** Folder of backups. */
  readonly backup: string | undefined;
  readonly disks: readonly WatchedDisk[];
}

const file = z.string().min(1);
const httpUrl = z.url({ protocol: /^https?$/ }).transform(text => text.replace(/\/$/, ''));

const environment = z.object({
  KAKUIN_HOME: file,
  KAKUIN_DATABASE: file,
  KAKUIN_POLICIES: file,
  KAKUIN_CRL_URL: httpUrl,
  KAKUIN_OCSP_URL: httpUrl,
  KAKUIN_PORTAL_URL: httpUrl,
  KAKUIN_APPROVAL_URL: httpUrl,
  KAKUIN_MONITOR_PORT: z.coerce.number().int().min(0).max(65_535),
  KAKUIN_MONITOR_ADDRESS: z
    .string()
    .refine(text => isIP(text) !== 0, 'must be an IP address')
    .default('127.0.0.1'),
  KAKUIN_MONITOR_TOKEN_FILE: file.optional(),
  KAKUIN_ALERT_WEBHOOK: z.url().refine(isSafeWebhook, 'must be https://, without name and password in it').optional(),
  KAKUIN_ALERT_WEBHOOK_SECRET_FILE: file.optional(),
  KAKUIN_TIME_SOURCE: z
    .string()
    .regex(/^[A-Za-z0-9.-]+(:\d{1,5})?$/, 'must be a host, or host:port')
    .optional(),
  KAKUIN_AUDIT_COPY: file.optional(),
  KAKUIN_BACKUP: file.optional(),
});

/** Reads the environment. Throws settingsInvalid with every mistake at once. */
export function readSettings(variables: Readonly<Record<string, string | undefined>>): MonitorSettings {
  const read = readBy(environment, variables, 'settingsInvalid');
  const mistakes = mistakesIn(read);
  if (mistakes.length > 0) throw new PkiError('settingsInvalid', { mistakes });
  const { KAKUIN_HOME: home, KAKUIN_ALERT_WEBHOOK: webhook, KAKUIN_ALERT_WEBHOOK_SECRET_FILE: secretFile } = read;
  return {
    home: `${home}/monitor`,
    database: read.KAKUIN_DATABASE,
    policies: read.KAKUIN_POLICIES,
    urls: {
      crl: read.KAKUIN_CRL_URL,
      ocsp: read.KAKUIN_OCSP_URL,
      portal: read.KAKUIN_PORTAL_URL,
      approval: read.KAKUIN_APPROVAL_URL,
    },
    address: read.KAKUIN_MONITOR_ADDRESS,
    port: read.KAKUIN_MONITOR_PORT,
    tokenFile: read.KAKUIN_MONITOR_TOKEN_FILE,
    webhook: webhook === undefined || secretFile === undefined ? undefined : { url: webhook, secretFile },
    timeSource: timeSourceIn(read.KAKUIN_TIME_SOURCE),
    audit: { folder: `${home}/ca/audit`, copy: read.KAKUIN_AUDIT_COPY },
    backup: read.KAKUIN_BACKUP,
    disks: disksOf(read),
  };
}

type Read = z.infer<typeof environment>;

function mistakesIn(read: Read): string[] {
  const isOpen = !isLoopback(read.KAKUIN_MONITOR_ADDRESS);
  const isHalf = (read.KAKUIN_ALERT_WEBHOOK === undefined) !== (read.KAKUIN_ALERT_WEBHOOK_SECRET_FILE === undefined);
  return [
    ...(isOpen && read.KAKUIN_MONITOR_TOKEN_FILE === undefined
      ? ['KAKUIN_MONITOR_ADDRESS: others than this machine need a token: KAKUIN_MONITOR_TOKEN_FILE']
      : []),
    ...(isHalf ? ['KAKUIN_ALERT_WEBHOOK and KAKUIN_ALERT_WEBHOOK_SECRET_FILE: one needs the other'] : []),
  ];
}

const isLoopback = (address: string): boolean => address === '::1' || address.startsWith('127.');

/** Alerts leave the machine sealed by TLS; only on this machine they may go without. */
function isSafeWebhook(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  const isOwn = protocol === 'http:' && (hostname === 'localhost' || hostname === '[::1]' || isLoopback(hostname));
  return username === '' && password === '' && (protocol === 'https:' || isOwn);
}

function timeSourceIn(text: string | undefined): MonitorSettings['timeSource'] {
  if (text === undefined) return undefined;
  const [host = '', port = '123'] = text.split(':');
  return { host, port: Number(port) };
}

function disksOf(read: Read): WatchedDisk[] {
  const isFile = !/^postgres(ql)?:/.test(read.KAKUIN_DATABASE);
  return [
    { name: 'home', folder: read.KAKUIN_HOME },
    ...(isFile ? [{ name: 'database', folder: dirname(read.KAKUIN_DATABASE) }] : []),
    ...(read.KAKUIN_BACKUP === undefined ? [] : [{ name: 'backup', folder: read.KAKUIN_BACKUP }]),
    ...(read.KAKUIN_AUDIT_COPY === undefined ? [] : [{ name: 'auditCopy', folder: read.KAKUIN_AUDIT_COPY }]),
  ];
}
