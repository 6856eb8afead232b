/**
 * The quarterly self-audit: a sample of the certificates of a quarter, linted anew from what is recorded. Which they are
 * follows from the audit log as it was when the CA core's first event after the quarter stood in it: its Merkle root is in signed
 * checkpoints and was not known while certificates of that quarter were still issued, so that nobody chose the sample and
 * everybody can draw it again.
 */
import { createHash } from 'node:crypto';
import { growMerkleTree } from './audit/merkle-tree.ts';
import { eventOf } from './audit/prove.ts';
import { storedLines } from './audit/live-log.ts';
import type { UnixTime } from './clock.ts';
import { PkiError, refusalOf, type Violation } from './errors.ts';
import { lintTbsCertificate } from './profiles/lint.ts';
import type { Policies } from './profiles/read-policies.ts';
import type { Quarter } from './quarters.ts';
import { decodeDocument } from './approvals/documents.ts';
import type { CertificateRow } from './store/certificates.ts';
import type { IssuerRow } from './store/issuers.ts';
import type { AuditedCertificate, SelfAudit } from './store/self-audits.ts';
import type { Store } from './store/store.ts';
import { readCertificate, verifyCertificate } from './x509/certificate.ts';
import { toHex } from './x509/der.ts';
import { readSubjectKeyIdentifier } from './x509/extension-values.ts';
import { oids } from './x509/oids.ts';

export interface SelfAuditGround {
  readonly store: Pick<Store, 'audit' | 'certificates' | 'issuers' | 'outlines'>;
  readonly policies: Pick<Policies, 'profiles'>;
  readonly now: UnixTime;
}

/** At least so many, and at least so large a part. */
export const [least, part] = [30, 0.03];

export const sampleSize = (issued: number): number => Math.min(issued, Math.max(least, Math.ceil(issued * part)));

/** Throws quarterOpen before its end, and while nothing that the CA core noted is later. */
export async function drawSelfAudit(ground: SelfAuditGround, quarter: Quarter): Promise<SelfAudit> {
  if (ground.now < quarter.before) throw new PkiError('quarterOpen', { quarter: quarter.name });
  const log = await logAfter(ground, quarter);
  const issued = await ground.store.outlines.issuedIn(quarter);
  const seed = createHash('sha256').update(`kakuin/self-audit/v1 ${quarter.name} ${log.root}`).digest('hex');
  const drawn = issued
    .map(one => ({
      ...one,
      lot: createHash('sha256').update(`${seed} ${one.issuer} ${one.serialNumber}`).digest('hex'),
    }))
    .sort((one, other) => (one.lot < other.lot ? -1 : 1))
    .slice(0, sampleSize(issued.length));
  const issuers = await ground.store.issuers.list();
  const sample: AuditedCertificate[] = [];
  for (const { issuer, serialNumber } of drawn) {
    const row = await ground.store.certificates.find(issuer, serialNumber);
    if (row !== undefined) sample.push(await audited(ground, row, issuers));
  }
  return { quarter: quarter.name, log, issued: issued.length, drawnAt: ground.now, sample };
}

/** The audit log up to the CA core's first event after the quarter: no other service chooses when, or what, that is. */
async function logAfter({ store }: SelfAuditGround, { name, before }: Quarter): Promise<SelfAudit['log']> {
  const tree = growMerkleTree();
  for await (const { leaf, leafHash } of storedLines(store.audit)) {
    tree.append(leafHash);
    const event = eventOf(leaf);
    if (event?.service === 'ca-core' && event.at >= before) return { size: tree.size(), root: tree.root() };
  }
  throw new PkiError('quarterOpen', { quarter: name });
}

async function audited(
  ground: SelfAuditGround,
  row: CertificateRow,
  issuers: readonly IssuerRow[],
): Promise<AuditedCertificate> {
  const { issuer, serialNumber, caseId, profile, notBefore } = row;
  const about = { issuer, serialNumber, caseId: caseId ?? '', profile, notBefore };
  try {
    return { ...about, findings: await findingsOf(ground, row, issuers) };
  } catch (error) {
    const { code, message } = refusalOf(error);
    return { ...about, findings: [{ rule: code, field: 'certificate', found: message }] };
  }
}

async function findingsOf(
  { store, policies }: SelfAuditGround,
  row: CertificateRow,
  issuers: readonly IssuerRow[],
): Promise<readonly Violation[]> {
  const issuer = issuers.find(({ id }) => id === row.issuer);
  const profile = policies.profiles.get(row.profile);
  if (issuer === undefined) return [{ rule: 'issuerUnknown', field: 'issuer', found: row.issuer }];
  if (profile === undefined) return [{ rule: 'profileUnknown', field: 'profile', found: row.profile }];
  const certificate = readCertificate(row.certificate);
  const { subject, subjectPublicKeyInfo, extensions } = readCertificate(issuer.certificate);
  const identifier = extensions.get(oids.subjectKeyIdentifier);
  const keyIdentifier = identifier === undefined ? new Uint8Array(20) : readSubjectKeyIdentifier(identifier.value);
  const isAsRecorded = certificate.serialNumber === row.serialNumber && certificate.notBefore === row.notBefore;
  const approved = await approvedSubject(store, row.caseId ?? '');
  return [
    // Held to the clock that it was signed by.
    ...lintTbsCertificate(certificate.tbs, profile, { issuer: { subject, keyIdentifier }, now: certificate.notBefore }),
    ...(verifyCertificate(certificate, subjectPublicKeyInfo) ? [] : [{ rule: 'signatureInvalid', field: 'signature' }]),
    ...(isAsRecorded ? [] : [{ rule: 'rowDiffers', field: 'serialNumber', found: certificate.serialNumber }]),
    ...(approved === toHex(certificate.subject) ? [] : [{ rule: 'subjectNotApproved', field: 'subject' }]),
  ];
}

/** DER (hex) of the name that two officers signed; undefined where no such case is on record. */
async function approvedSubject({ outlines }: SelfAuditGround['store'], caseId: string): Promise<string | undefined> {
  const text = await outlines.documentOf(caseId);
  const document = text === undefined ? undefined : decodeDocument(text);
  return document?.kind === 'case' ? document.subject : undefined;
}
