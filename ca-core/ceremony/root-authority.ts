/** The root CA on its own machine: its key, its certificate, and the few things that it ever signs. */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, UnixTime } from '../clock.ts';
import { refuseAny } from '../check-order.ts';
import { PkiError } from '../errors.ts';
import { openNumberedFiles, type NumberedFiles } from '../home/numbered-files.ts';
import { openSignerLog, tbsHash, type SignerLog } from '../home/signer-log.ts';
import type { OpenKeyStore } from '../keys/key-store.ts';
import { signingKeyAlgorithmOf } from '../keys/key-store.ts';
import { openKeyStore } from '../keys/open-key-store.ts';
import type { Policies } from '../profiles/read-policies.ts';
import { readCertificate, verifyCertificate, type Certificate } from '../x509/certificate.ts';
import type { CrlEntry } from '../x509/crl-entries.ts';
import { encodeTbsCertList } from '../x509/crl.ts';
import { lintTbsCertList } from '../x509/crl-lint.ts';
import { equalBytes, type Der } from '../x509/der.ts';
import { decodeName, encodeName } from '../x509/name.ts';
import { keyIdentifier } from '../x509/public-key.ts';
import { signed, type SigningKey } from '../x509/signed.ts';
import { signCaAnswers, type RevokedCa } from './ca-answers.ts';
import { caProfile, crossProfile, profileFor, type CaIdentity } from './ca-profile.ts';
import { certifyCa } from './certify-ca.ts';
import { keepFile, keptFile } from './kept-file.ts';
import type { PlannedIssuing, PlannedRoot } from './plan.ts';
import { readCaRequest } from './ca-request.ts';

export interface RootPlan {
  /** Absolute folder of the root. */
  readonly home: string;
  readonly passphrase: string;
  readonly planned: PlannedRoot;
  /** Base URL that its certificates name. */
  readonly crlUrl: string;
  readonly policies: Policies;
  readonly clock: Clock;
}

export interface RootCrl {
  readonly crl: Der;
  /** What it says by OCSP of the CA certificates that it signed: a bundle (ca-core/x509/ocsp-bundle.ts). */
  readonly answers: Der;
  readonly crlNumber: number;
  readonly thisUpdate: UnixTime;
  readonly nextUpdate: UnixTime;
}

export interface RootAuthority {
  readonly key: SigningKey;
  readonly certificate: Certificate;
  /** The same request twice has one certificate. Throws csrMalformed, csrSignatureInvalid, keyUnacceptable, lintFailed. */
  readonly certify: (request: Uint8Array, planned: PlannedIssuing) => Promise<Certificate>;
  /** The new root's key under this one. Throws signerUnfit where it is not a root's own certificate. */
  readonly cross: (newRoot: Uint8Array) => Promise<Certificate>;
  readonly revoke: (revoked: RevokedCa) => Promise<void>;
  readonly signCrl: () => Promise<RootCrl>;
  readonly close: () => Promise<void>;
}

interface Ground extends RootPlan {
  readonly log: SignerLog;
  readonly revoked: NumberedFiles<RevokedCa>;
  readonly key: SigningKey;
}

const secondsPerDay = 86_400;

/**
 * Opens the root of a plan; its key and its certificate are made where they are not there yet. Throws signerUnfit where the
 * home holds another root than the plan's, passphraseWrong, tokenUnavailable.
 */
export async function openRootAuthority(plan: RootPlan): Promise<RootAuthority> {
  await mkdir(join(plan.home, 'keys'), { recursive: true, mode: 0o700 });
  const keys = openKeyStore({ keys: placeOf(plan), home: plan.home, passphrase: plan.passphrase });
  const log = await openSignerLog(join(plan.home, 'signer.log'));
  const close = async (): Promise<void> => {
    await keys.close();
    await log.close();
  };
  try {
    const key = await caKey(keys, plan.planned.name, plan.planned);
    const revoked = await openNumberedFiles<RevokedCa>(join(plan.home, 'revoked'));
    const ground: Ground = { ...plan, log, revoked, key };
    const certificate = await ownCertificate(ground);
    return {
      key,
      certificate,
      certify: (request, planned) => certifyIssuing(ground, certificate, request, planned),
      cross: newRoot => certifyRoot(ground, certificate, newRoot),
      revoke: one => revokeCa(ground, one),
      signCrl: () => signCrl(ground, certificate),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The key under that label, made where it is not there yet. Throws signerUnfit where it is of another kind. */
export async function caKey(
  keys: OpenKeyStore,
  label: string,
  { algorithm }: Pick<CaIdentity, 'algorithm'>,
): Promise<SigningKey> {
  const isThere = (await keys.labels()).includes(label);
  const key = await (isThere ? keys.open(label) : keys.generate(label, algorithm));
  const found = signingKeyAlgorithmOf(key.publicKey);
  if (found !== algorithm) throw unfit(`the key ${label} that is there is ${found}, the plan says ${algorithm}`);
  return key;
}

function placeOf({ planned }: RootPlan): string {
  return planned.keys === 'setting' ? 'file' : planned.keys;
}

/** The URLs in what a root signs; a CA certificate names its CRL and no OCSP responder. */
export function urlsUnder(crlUrl: string, root: string): { readonly caIssuers: string; readonly crl: string } {
  return { caIssuers: `${crlUrl}/ca/${root}.cer`, crl: `${crlUrl}/crl/${root}.crl` };
}

async function ownCertificate(ground: Ground): Promise<Certificate> {
  const { home, planned, key, policies, log, clock } = ground;
  const file = join(home, `${planned.name}.cer`);
  const issuer = encodeName(planned.subject);
  const kept = keptFile(file);
  if (kept !== undefined) {
    const certificate = readCertificate(kept);
    const isOurs =
      equalBytes(certificate.subjectPublicKeyInfo, key.publicKey) && equalBytes(certificate.subject, issuer);
    if (!isOurs) throw unfit(`${file} is of another key or name than the plan's`);
    return certificate;
  }
  const profile = profileFor(caProfile(policies, 'rootCa'), planned);
  const own = { issuer, issuerKey: key, subjectPublicKeyInfo: key.publicKey, urls: {} };
  const der = await certifyCa({ profile, ...own, log, now: clock.now() });
  await keepFile(file, der);
  return readCertificate(der);
}

async function certifyIssuing(
  ground: Ground,
  root: Certificate,
  request: Uint8Array,
  planned: PlannedIssuing,
): Promise<Certificate> {
  const { subjectPublicKeyInfo, subject } = readCaRequest(request);
  if (!equalBytes(subject, encodeName(planned.subject))) throw unfit('the request has another name than the plan');
  const found = signingKeyAlgorithmOf(subjectPublicKeyInfo);
  if (found !== planned.algorithm) throw unfit(`the request is for ${found}, the plan says ${planned.algorithm}`);
  const file = join(ground.home, 'issued', `${planned.name}.cer`);
  const kept = keptFile(file);
  if (kept !== undefined && equalBytes(readCertificate(kept).subjectPublicKeyInfo, subjectPublicKeyInfo))
    return readCertificate(kept);
  if (kept !== undefined)
    throw unfit(`${planned.name} was certified before with another key: give the new CA a new name`);
  const profile = profileFor(caProfile(ground.policies, 'issuingCa'), planned);
  return under(ground, root, { profile, subjectPublicKeyInfo, file });
}

async function certifyRoot(ground: Ground, root: Certificate, newRoot: Uint8Array): Promise<Certificate> {
  const other = readCertificate(newRoot);
  const isRoot = equalBytes(other.issuer, other.subject) && verifyCertificate(other, other.subjectPublicKeyInfo);
  if (!isRoot || equalBytes(other.subject, root.subject)) throw unfit('it is not the certificate of another root');
  const algorithm = signingKeyAlgorithmOf(other.subjectPublicKeyInfo);
  const validityDays = Math.floor((root.notAfter - ground.clock.now()) / secondsPerDay);
  const profile = crossProfile(ground.policies, { subject: decodeName(other.subject), algorithm, validityDays });
  const file = join(ground.home, 'issued', `cross-${tbsHash(other.subjectPublicKeyInfo).slice(0, 16)}.cer`);
  const kept = keptFile(file);
  if (kept !== undefined) return readCertificate(kept);
  const until = Math.min(root.notAfter, other.notAfter);
  return under(ground, root, { profile, subjectPublicKeyInfo: other.subjectPublicKeyInfo, file, until });
}

interface Under {
  readonly profile: Parameters<typeof certifyCa>[0]['profile'];
  readonly subjectPublicKeyInfo: Der;
  readonly file: string;
  readonly until?: UnixTime;
}

async function under(ground: Ground, root: Certificate, { file, ...about }: Under): Promise<Certificate> {
  const { key, log, crlUrl, planned, clock } = ground;
  const urls = urlsUnder(crlUrl, planned.name);
  const issuer = { issuer: root.subject, issuerKey: key };
  const der = await certifyCa({ until: root.notAfter, ...about, ...issuer, urls, log, now: clock.now() });
  await keepFile(file, der);
  return readCertificate(der);
}

async function revokeCa({ revoked, log }: Ground, one: RevokedCa): Promise<void> {
  if (log.notAfterOf(one.serialNumber) === undefined) throw new PkiError('certificateUnknown');
  if (revokedIn(revoked).some(({ serialNumber }) => serialNumber === one.serialNumber)) return;
  await revoked.add((revoked.newest()?.number ?? 0) + 1, one);
}

async function signCrl(ground: Ground, root: Certificate): Promise<RootCrl> {
  const { key, planned, log, clock, revoked, home } = ground;
  const thisUpdate = clock.now();
  const nextUpdate = Math.min(thisUpdate + planned.crlDays * secondsPerDay, root.notAfter);
  const crlNumber = log.lastCrl().crlNumber + 1;
  const authorityKeyIdentifier = keyIdentifier(key.publicKey);
  const names = { issuer: root.subject, signatureAlgorithm: key.algorithm, authorityKeyIdentifier };
  const entries: CrlEntry[] = revokedIn(revoked).map(one => ({ ...one, invalidityDate: null }));
  const tbs = encodeTbsCertList({ ...names, thisUpdate, nextUpdate, entries, crlNumber: BigInt(crlNumber) });
  refuseAny('lintFailed', lintTbsCertList(tbs, names));
  await log.append([{ kind: 'crl', at: thisUpdate, crlNumber, tbs: tbsHash(tbs) }]);
  const crl = await signed(tbs, key);
  await keepFile(join(home, `${planned.name}.crl`), crl);
  const certificates = (await issuedBy(home)).filter(({ notAfter }) => notAfter >= thisUpdate);
  const common = { revoked: revokedIn(revoked), thisUpdate, nextUpdate };
  const answers = await signCaAnswers({ root, key, certificates, ...common });
  return { crl, answers, crlNumber, thisUpdate, nextUpdate };
}

async function issuedBy(home: string): Promise<readonly Certificate[]> {
  const folder = join(home, 'issued');
  const names = await readdir(folder).catch(() => []);
  const files = names.filter(name => name.endsWith('.cer')).toSorted();
  return files.map(name => readCertificate(keptFile(join(folder, name)) ?? new Uint8Array(0)));
}

function revokedIn(files: NumberedFiles<RevokedCa>): readonly RevokedCa[] {
  const count = files.newest()?.number ?? 0;
  return Array.from({ length: count }, (_, index) => files.find(index + 1)).filter(one => one !== undefined);
}

const unfit = (reason: string): PkiError => new PkiError('signerUnfit', { reason });
