/** The steps of a ceremony, each of which can be held on a machine of its own, with files carried between them. */
import { mkdir } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { Clock } from '../clock.ts';
import { openKeyStore } from '../keys/open-key-store.ts';
import type { Policies } from '../profiles/read-policies.ts';
import { readCrl } from '../x509/crl.ts';
import { readCertificate } from '../x509/certificate.ts';
import type { Der } from '../x509/der.ts';
import { formatName } from '../x509/name.ts';
import { readOcspBundle } from '../x509/ocsp-bundle.ts';
import type { RevokedCa } from './ca-answers.ts';
import { encodeCaRequest, readCaRequest } from './ca-request.ts';
import type { CeremonyText } from './plan.ts';
import { caKey, openRootAuthority, type RootAuthority, type RootCrl } from './root-authority.ts';
import { certificateFacts, fingerprint, timeText, type Facts, type Transcript } from './transcript.ts';

/** Where and by whom a ceremony is held. */
export interface CeremonyGround {
  readonly plan: CeremonyText;
  /** KAKUIN_HOME. */
  readonly home: string;
  /** What stands in certificates: the plan's, or the setting's. */
  readonly crlUrl: string;
  /** KAKUIN_CA_KEYS, for a plan that says `setting`. */
  readonly caKeys: string;
  readonly policies: Policies;
  readonly clock: Clock;
  readonly transcript: Transcript;
}

export const rootHomeOf = ({ plan, home }: Pick<CeremonyGround, 'plan' | 'home'>): string =>
  isAbsolute(plan.root.home) ? plan.root.home : join(home, plan.root.home);

/** The root's key and certificate; whoever gets the authority closes it. */
export async function rootStep(ground: CeremonyGround, passphrase: string): Promise<RootAuthority> {
  const { plan, crlUrl, policies, clock, transcript } = ground;
  const authority = await openRootAuthority({
    home: rootHomeOf(ground),
    passphrase,
    planned: plan.root,
    crlUrl,
    policies,
    clock,
  });
  try {
    const where = plan.root.keys.startsWith('pkcs11:') ? 'a PKCS#11 token' : 'an encrypted file';
    await transcript.step('The root CA has its key', {
      algorithm: plan.root.algorithm,
      'kept in': where,
      ...keyFact(authority.key.publicKey),
    });
    await transcript.step("The root CA's certificate is made", certificateFacts(authority.certificate));
    return authority;
  } catch (error) {
    await authority.close();
    throw error;
  }
}

export interface IssuingRequest {
  readonly publicKey: Der;
  /** PKCS#10, DER. */
  readonly request: Der;
}

/** The issuing CA's key, made in its own store, and its request. */
export async function requestStep(ground: CeremonyGround, passphrase: string): Promise<IssuingRequest> {
  const { plan, transcript } = ground;
  const { issuing } = plan;
  const keys = openKeyStore({ ...(await issuingPlace(ground)), passphrase });
  try {
    const key = await caKey(keys, issuing.name, issuing);
    const request = await encodeCaRequest(key, issuing.subject);
    const subject = formatName(readCaRequest(request).subject);
    const facts = { name: issuing.name, subject, algorithm: issuing.algorithm, ...keyFact(key.publicKey) };
    await transcript.step('The issuing CA has its key, and asks for its certificate', {
      ...facts,
      'SHA-256 of the request': fingerprint(request),
    });
    return { publicKey: key.publicKey, request };
  } finally {
    await keys.close();
  }
}

/** Where the issuing CA's keys are: key files in `ca/keys` of the home, or a token. */
export async function issuingPlace({ plan, home, caKeys }: CeremonyGround): Promise<{ keys: string; home: string }> {
  const folder = join(home, 'ca');
  await mkdir(join(folder, 'keys'), { recursive: true, mode: 0o700 });
  return { keys: plan.issuing.keys === 'setting' ? caKeys : plan.issuing.keys, home: folder };
}

export interface SignedByRoot {
  readonly root: Der;
  readonly issuing: Der;
  readonly rootCrl: Der;
  /** For the OCSP responder: what the root says of its CA certificates. */
  readonly rootAnswers: Der;
}

/** The root signs the issuing CA's certificate, and a CRL. */
export async function signStep(
  { plan, transcript }: CeremonyGround,
  authority: RootAuthority,
  request: Uint8Array,
): Promise<SignedByRoot> {
  const asked = readCaRequest(request);
  await transcript.step('The request has come to the root CA', {
    subject: formatName(asked.subject),
    ...keyFact(asked.subjectPublicKeyInfo),
    'SHA-256 of the request': fingerprint(request),
  });
  const issuing = await authority.certify(request, plan.issuing);
  await transcript.step("The issuing CA's certificate is signed", certificateFacts(issuing));
  const { crl: rootCrl, answers: rootAnswers } = await crlStep(transcript, authority);
  return { root: authority.certificate.der, issuing: issuing.der, rootCrl, rootAnswers };
}

/** The root signs its next CRL, with the CA certificates that were taken back. */
export async function crlStep(
  transcript: Transcript,
  authority: RootAuthority,
  revoked: readonly RevokedCa[] = [],
): Promise<Pick<RootCrl, 'crl' | 'answers'>> {
  for (const one of revoked) {
    await transcript.step('A CA certificate is to be revoked', {
      serialNumber: one.serialNumber,
      reason: one.reason ?? 'unspecified',
    });
    await authority.revoke(one);
  }
  const { crl, answers } = await authority.signCrl();
  await transcript.step("The root CA's CRL is signed, and with it what it says by OCSP of its CA certificates", {
    ...crlFacts(crl),
    'OCSP answers': String(readOcspBundle(answers).length),
    'SHA-256 of the answers': fingerprint(answers),
  });
  return { crl, answers };
}

/** The new root's key is certified by the old root. */
export async function crossStep(transcript: Transcript, authority: RootAuthority, newRoot: Uint8Array): Promise<Der> {
  await transcript.step(
    "The new root CA's certificate has come to the old root",
    certificateFacts(readCertificate(newRoot)),
  );
  const cross = await authority.cross(newRoot);
  await transcript.step('The cross certificate is signed', certificateFacts(cross));
  return cross.der;
}

export function crlFacts(der: Der): Facts {
  const { crlNumber, thisUpdate, nextUpdate, entries } = readCrl(der);
  return {
    number: String(crlNumber),
    thisUpdate: timeText(thisUpdate),
    nextUpdate: timeText(nextUpdate),
    entries: String([...entries].length),
    'SHA-256 of the CRL': fingerprint(der),
  };
}

const keyFact = (publicKey: Der): Facts => ({ 'SHA-256 of the public key': fingerprint(publicKey) });
