/** Certificates for the OCSP responder's own key: the pinned one, or its successor that the pinned one vouches for (design §1). */
import { createHash, createPublicKey, verify } from 'node:crypto';
import canonicalize from 'canonicalize';
import { digestOf } from './approvals/documents.ts';
import { allOf, caFor, type Ca } from './ca.ts';
import type { CertificateProfile } from './profiles/profile.ts';
import { refuseAny } from './check-order.ts';
import { PkiError, refusalOf } from './errors.ts';
import { takeStep } from './failpoints.ts';
import { tbsHash } from './home/signer-log.ts';
import { drawSerialNumber } from './draw-serial-number.ts';
import { encodeAndLint } from './make-intention.ts';
import { readBy, z } from './schema.ts';
import { fixedSubjectOf } from './profiles/subject.ts';
import type { SignerRequest } from './store/signers.ts';
import { fromHex, toHex, type Der } from './x509/der.ts';
import { readPublicKey } from './x509/public-key.ts';
import { readTbsCertificate } from './x509/certificate.ts';
import { signed } from './x509/signed.ts';

/** What the responder states, as canonical JSON; signed with the key that is pinned (SHA-256 for RSA and ECDSA). */
export const signerStatement = z.strictObject({
  kind: z.literal('signer'),
  version: z.literal(1),
  ca: z.string(),
  /** DER SubjectPublicKeyInfo of the key to certify, hex. */
  publicKey: z.string().regex(/^([0-9a-f]{2})+$/),
  /** SHA-256 of the pinned key's SubjectPublicKeyInfo, hex. */
  previous: z.string().regex(/^[0-9a-f]{64}$/),
  sequence: z.number().int().nonnegative(),
  requestedAt: z.number().int(),
});
export type SignerStatement = z.infer<typeof signerStatement>;

/** A statement counts for this long, so that an old one cannot be played again later. */
const statementLifetime = 3600;

export async function issueSigners(active: Ca): Promise<number> {
  for (const ca of allOf(active)) await finishInterruptedSigner(ca);
  const requests = await active.store.signers.waiting();
  for (const request of requests) {
    const ca = caFor(active, request.issuer);
    try {
      await issueSigner(ca, request, checkStatement(ca, request));
    } catch (error) {
      const refusal = refusalOf(error);
      const refused = event(ca, 'signer.refused', request.id, { code: refusal.code });
      await takeStep(ca, 'signer.refuse', () => ca.store.signers.refuse(request.id, refusal, refused));
      ca.log.error({ request: request.id, refusal: refusal.message }, 'a signer request was refused');
    }
  }
  return requests.length;
}

/** The key to certify. Throws signerUnfit with what does not hold. */
function checkStatement(ca: Ca, request: SignerRequest): Der {
  const statement = readBy(signerStatement, JSON.parse(request.statement) as unknown, 'documentMalformed');
  if (canonicalize(statement) !== request.statement) throw new PkiError('documentMalformed');
  const age = ca.clock.now() - statement.requestedAt;
  if (statement.ca !== ca.id || age > statementLifetime || age < -60) throw unfit('another CA, or too old');
  const pinnedKey = pinnedKeyOf(ca, statement);
  if (!isSignedBy(pinnedKey, request)) throw unfit('the statement is not signed by the pinned key');
  if (ca.home.signerLog.hasDigest(digestOf(request.statement))) throw unfit('the statement was answered before');
  readPublicKey(fromHex(statement.publicKey));
  return fromHex(statement.publicKey);
}

/**
 * The key that must have signed. It is the newest pin; or the one before, when the newest pin is the very key asked
 * for: then an earlier run pinned it and was interrupted.
 */
function pinnedKeyOf(ca: Ca, statement: SignerStatement): Der {
  const { signers } = ca.home.anchors;
  const newest = signers.newest();
  if (newest === undefined) throw unfit('no key is pinned');
  if (sha256(newest.content.publicKey) === statement.previous) return fromHex(newest.content.publicKey);
  const before = signers.find(newest.number - 1);
  const interrupted = newest.content.publicKey === statement.publicKey && before !== undefined;
  if (!interrupted || sha256(before.publicKey) !== statement.previous)
    throw unfit('the key before is not the pinned one');
  return fromHex(before.publicKey);
}

async function issueSigner(ca: Ca, request: SignerRequest, subjectPublicKeyInfo: Der): Promise<void> {
  const profile = signerProfile(ca);
  const serialNumber = drawSerialNumber(ca.home.signerLog);
  const subject = fixedSubjectOf(profile);
  const about = { serialNumber, subject, subjectAltName: null, subjectPublicKeyInfo };
  const { tbs, fields } = await takeStep(ca, 'signer.lint', () => encodeAndLint(ca, profile, about));
  await takeStep(ca, 'signer.pin', () => pin(ca, Buffer.from(subjectPublicKeyInfo).toString('hex')));
  const statement = digestOf(request.statement);
  const common = {
    kind: 'signer',
    at: ca.clock.now(),
    serialNumber,
    notAfter: fields.notAfter,
    statement,
    request: request.id,
  } as const;
  const line = { ...common, tbs: tbsHash(tbs), tbsCertificate: toHex(tbs) };
  await takeStep(ca, 'signer.log', () => ca.home.signerLog.append([line]));
  await finishSigner(ca, request.id, tbs);
}

/** The CAs whose last signer's certificate is known to be recorded, and its serial number. */
const recorded = new WeakMap<Ca, string>();

/** What an earlier run wrote into the signer log and did not record: the very same TBSCertificate is signed, not another. */
async function finishInterruptedSigner(ca: Ca): Promise<void> {
  const last = ca.home.signerLog.lastSigner();
  if (last?.request === undefined || last.tbsCertificate === undefined) return;
  if (recorded.get(ca) === last.serialNumber) return;
  const isRecorded = (await ca.store.certificates.find(ca.id, last.serialNumber)) !== undefined;
  if (!isRecorded) await finishSigner(ca, last.request, fromHex(last.tbsCertificate));
  recorded.set(ca, last.serialNumber);
}

/** Signs and records what is logged. */
export async function finishSigner(ca: Ca, requestId: string, tbs: Der): Promise<void> {
  const certificate = await takeStep(ca, 'signer.sign', () => signed(tbs, ca.issuer.key));
  const { serialNumber, notBefore, notAfter } = readTbsCertificate(tbs);
  const profile = signerProfile(ca).name;
  const identity = { issuer: ca.id, serialNumber, orderId: null, caseId: null, profile, crlShard: 0 };
  const issued = event(ca, 'signer.issued', requestId, { serialNumber, certificate: tbsHash(certificate) });
  const row = { ...identity, certificate, notBefore, notAfter };
  await takeStep(ca, 'signer.record', () => ca.store.signers.issue(requestId, row, issued));
}

async function pin(ca: Ca, publicKey: string): Promise<void> {
  const newest = ca.home.anchors.signers.newest();
  if (newest?.content.publicKey === publicKey) return;
  await ca.home.anchors.signers.add((newest?.number ?? 0) + 1, { publicKey });
}

function signerProfile(ca: Ca): CertificateProfile {
  const profile = [...ca.policies.profiles.values()].find(one => one.kind === 'ocspSigner');
  if (profile === undefined) throw new PkiError('profileUnknown', { profile: 'ocspSigner' });
  const days = ca.policies.schedule.ocsp.signer.maxLifetime / 86_400;
  if (profile.validityDays > days) refuseAny('lintFailed', [{ rule: 'signerLifetime', field: 'validityDays' }]);
  return profile;
}

function isSignedBy(publicKey: Der, request: SignerRequest): boolean {
  const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
  const hash = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  return verify(hash, Buffer.from(request.statement, 'utf8'), key, request.signature);
}

const sha256 = (hex: string): string => createHash('sha256').update(Buffer.from(hex, 'hex')).digest('hex');
const unfit = (reason: string): PkiError => new PkiError('signerUnfit', { reason });

function event(ca: Ca, action: string, subject: string, details: Record<string, string>) {
  return { at: ca.clock.now(), service: 'ca-core', action, actor: 'ocsp-responder', subject, details };
}
