/** Which CA the responder answers for: learnt once, then kept in its home, whatever the database says later. */
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readCertificate, type Certificate, type Store } from '../ca-core/index.ts';
import { PkiError } from '../ca-core/errors.ts';

export interface PinnedIssuer {
  readonly certificate: Certificate;
  /** SHA-256 of the SubjectPublicKeyInfo, hex. */
  readonly ca: string;
}

/** Reads `issuer.cer` of the home, or puts it there from the table of issuers. Throws notInitialised before the ceremony. */
export async function pinnedIssuer(home: string, issuers: Pick<Store['issuers'], 'list'>): Promise<PinnedIssuer> {
  const file = join(home, 'issuer.cer');
  const pinned = await readFile(file).catch(() => undefined);
  const certificate = readCertificate(pinned ?? (await issuingCertificate(issuers)));
  if (pinned === undefined) await pinIssuer(home, certificate.der);
  return { certificate, ca: createHash('sha256').update(certificate.subjectPublicKeyInfo).digest('hex') };
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
