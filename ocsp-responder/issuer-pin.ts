/** Which CA the responder answers for: learnt once, then kept in its home, whatever the database says later. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readCertificate, type Certificate, type Store } from '../ca-core/index.ts';
import { PkiError } from '../ca-core/errors.ts';

export interface PinnedIssuer {
  /** Where everything about this CA is kept. */
  readonly folder: string;
  readonly certificate: Certificate;
  /** SHA-256 of the SubjectPublicKeyInfo, hex. */
  readonly ca: string;
}

/** Reads `issuer.cer` of the home, or puts it there from the table of issuers. Throws notInitialised before the ceremony. */
export async function pinnedIssuer(home: string, issuers: Pick<Store['issuers'], 'list'>): Promise<PinnedIssuer> {
  const kept = await readFile(join(home, 'issuer.cer')).catch(() => undefined);
  const found = pinned(home, kept ?? (await issuingCertificate(issuers)));
  if (kept === undefined) await pinIssuer(home, found.certificate.der);
  return found;
}

/** The CA of the home itself, and the further ones. */
export async function pinnedIssuers(
  home: string,
  issuers: Pick<Store['issuers'], 'list'>,
): Promise<readonly PinnedIssuer[]> {
  return [await pinnedIssuer(home, issuers), ...(await furtherIssuers(home, []))];
}

/**
 * One for each folder in `home/issuers` that holds an `issuer.cer`, but for the known folders: every one has its own
 * signer, since a delegated certificate counts only for the CA that issued it (RFC 6960 §4.2.2.2). The ceremony puts the
 * certificate there last, so that a folder without one is not ready yet.
 */
export async function furtherIssuers(home: string, known: readonly string[]): Promise<readonly PinnedIssuer[]> {
  const names = await readdir(join(home, 'issuers')).catch(() => []);
  const folders = names.toSorted().map(name => join(home, 'issuers', name));
  const unknown = folders.filter(folder => !known.includes(folder) && existsSync(join(folder, 'issuer.cer')));
  return Promise.all(unknown.map(async folder => pinned(folder, await readFile(join(folder, 'issuer.cer')))));
}

function pinned(folder: string, der: Uint8Array): PinnedIssuer {
  const certificate = readCertificate(der);
  return { folder, certificate, ca: createHash('sha256').update(certificate.subjectPublicKeyInfo).digest('hex') };
}

/** For the ceremony: puts the issuing CA's certificate into the responder's home, where none may be yet. */
export async function pinIssuer(home: string, certificate: Uint8Array): Promise<void> {
  await writeFile(join(home, 'issuer.cer'), certificate, { flag: 'wx', mode: 0o600, flush: true });
}

async function issuingCertificate(issuers: Pick<Store['issuers'], 'list'>): Promise<Uint8Array> {
  const rows = await issuers.list();
  const issuing = rows.find(({ role }) => role === 'issuing');
  if (issuing === undefined) throw new PkiError('notInitialised');
  return issuing.certificate;
}
