/** What the sceptic looks at: every issuing CA of a home with its own logs, read without the product's readers. */
import { createHash, X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { systemClock, type Clock } from '../../ca-core/clock.ts';
import type { SignerLogEntry } from '../../ca-core/home/signer-log.ts';
import type { JournalEntry } from '../../ca-core/home/journal-entry.ts';
import { readCertificate } from '../../ca-core/x509/certificate.ts';

export interface PkiUnderCheck {
  readonly settings: { readonly home: string };
  readonly database: Knex;
  readonly clock?: Clock;
}

/** An issuing CA, active or beside it. */
export interface IssuerUnderCheck {
  /** SHA-256 of its SubjectPublicKeyInfo, hex. */
  readonly id: string;
  readonly certificate: X509Certificate;
  /** Its own signer log and status journal. */
  readonly signed: readonly SignerLogEntry[];
  readonly decided: readonly JournalEntry[];
}

export interface Pki {
  readonly database: Knex;
  readonly caHome: string;
  readonly now: number;
  readonly roots: readonly X509Certificate[];
  readonly issuers: readonly IssuerUnderCheck[];
  readonly certificates: readonly CertificateRow[];
  /** Issuing CAs of the database that the home does not know, and the other way round, in words. */
  readonly faults: readonly string[];
}

export interface CertificateRow {
  readonly issuer: string;
  readonly serial_number: string;
  readonly order_id: string | null;
  readonly case_id: string | null;
  readonly certificate: Buffer;
  readonly not_after: number;
}

export type CertificateLine = SignerLogEntry & { readonly kind: 'certificate' };
export type SignerLine = SignerLogEntry & { readonly kind: 'signer' };
export type CrlLine = SignerLogEntry & { readonly kind: 'crl' };

export async function readPki({ settings, database, clock = systemClock }: PkiUnderCheck): Promise<Pki> {
  const caHome = join(settings.home, 'ca');
  const rows = await database<{ id: string; role: string; certificate: Buffer }>('issuers');
  const pins = pinsOf(join(caHome, 'issuers'));
  const issuing = rows.filter(({ role }) => role === 'issuing');
  const isPinned = ({ certificate }: { certificate: Buffer }): boolean => pins.has(sha256(certificate));
  const missing = [...pins.keys()].filter(pin => !issuing.some(({ certificate }) => sha256(certificate) === pin));
  return {
    database,
    caHome,
    now: clock.now(),
    roots: rows.filter(({ role }) => role === 'root').map(({ certificate }) => new X509Certificate(certificate)),
    issuers: issuing.filter(isPinned).map(({ id, certificate }) => {
      const folder = join(caHome, pins.get(sha256(certificate)) ?? '');
      return {
        id,
        certificate: new X509Certificate(certificate),
        signed: linesOf<SignerLogEntry>(join(folder, 'signer.log')),
        decided: linesOf<JournalEntry>(join(folder, 'status.log')),
      };
    }),
    certificates: await database<CertificateRow>('certificates'),
    faults: [
      ...issuing.filter(one => !isPinned(one)).map(({ id }) => `no ceremony made the issuing CA ${id}`),
      ...missing.map(pin => `the issuing CA of the certificate ${pin} is not published`),
    ],
  };
}

interface Pin {
  readonly certificate: string;
  readonly name?: string;
}

/** Certificates (SHA-256, hex) that ceremonies pinned, and the folder in `ca` where each issuing CA has its logs. */
function pinsOf(folder: string): ReadonlyMap<string, string> {
  const names = readdirSync(folder).filter(name => /^\d{6}\.json$/.test(name));
  const chain = names.sort().map(name => {
    const read = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Pin & { readonly beside?: readonly Pin[] };
    return [read, ...(read.beside ?? [])];
  });
  const first = chain[0]?.[0]?.name ?? 'issuing';
  const newest = chain.at(-1) ?? [];
  return new Map(
    newest.map(({ certificate, name = 'issuing' }) => [certificate, name === first ? '' : join('issuing-cas', name)]),
  );
}

/** Whole lines of a log; what a crash left of a last one does not count, nor does one that was written again. */
function linesOf<Line>(file: string): Line[] {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return [...new Set(lines)].filter(line => line !== '').map(line => JSON.parse(line) as Line);
}

export const certificateLines = ({ signed }: Pick<IssuerUnderCheck, 'signed'>): CertificateLine[] =>
  signed.flatMap(line => (line.kind === 'certificate' ? [line] : []));
export const signerLines = ({ signed }: Pick<IssuerUnderCheck, 'signed'>): SignerLine[] =>
  signed.flatMap(line => (line.kind === 'signer' ? [line] : []));
export const crlLines = ({ signed }: Pick<IssuerUnderCheck, 'signed'>): CrlLine[] =>
  signed.flatMap(line => (line.kind === 'crl' ? [line] : []));

export const unless = (holds: boolean, fault: string): string[] => (holds ? [] : [fault]);

export function twice(values: readonly string[]): string[] {
  const seen = new Set<string>();
  return [...new Set(values.filter(value => seen.size === seen.add(value).size))];
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
export const tbsHashOf = (certificate: Buffer): string => sha256(readCertificate(new Uint8Array(certificate)).tbs);
