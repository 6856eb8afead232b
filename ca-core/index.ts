/** The public face of the CA core: all that the other services may know of it. */
export { approvalChallenge, approvalLifetime, actionOf } from './approvals/challenge.ts';
export {
  approverOf,
  checkApproval,
  checkApprovals,
  checkApprover,
  foldMailbox,
  type Approval,
} from './approvals/approval.ts';
export {
  checkCredentialKey,
  readAssertion,
  verifyAssertion,
  type Assertion,
  type RelyingParty,
} from './approvals/assertion.ts';
export { authenticatorsNeeded, authenticatorsOf, checkAuthenticators } from './approvals/authenticators.ts';
export { enrolmentMac, fingerprintOf, verifyEnrolmentMac } from './approvals/enrolment-mac.ts';
export { newPasskey } from './new-passkey.ts';
export { openInvitation, registerPasskey, type RegisteredPasskey } from './register-passkey.ts';
export { clockWatcher, watchClock } from './clock-watch.ts';
export { repeat, type Rounds } from './rounds.ts';
export * from './approvals/documents.ts';
export * from './approvals/key-documents.ts';
export * from './approvals/list-documents.ts';
export * from './approvals/serial-list.ts';
export {
  checkStationRequest,
  encodeStationStatement,
  signedStatement,
  type StationRequest,
  type StationStatement,
} from './approvals/station-request.ts';
export { checkAttestation, sampleOf, type SampleGround, type SampleSize } from './approvals/attestation.ts';
export { checkList, listPaths, listRoot } from './approvals/list.ts';
export type * from './approvals/evidence.ts';
export { registerRecords } from './approvals/evidence.ts';
export { noteEvent, noteRevocationWish } from './store/audit.ts';
export { decodeAuditLeaf, type AuditEvent } from './audit/leaf.ts';
export { proveEvent } from './audit/prove-event.ts';
export { openDatabase } from './store/database.ts';
export { isStoreAway } from './store/store-away.ts';
export { migrate, requireTables, type Tables } from './store/migrate.ts';
export { databaseServices, type DatabaseService, type TableGrants } from './store/grants.ts';
export { grantServices, roleOf, type ServiceRoles } from './store/grant-services.ts';
export { caTables, migrateCa, requireCaTables } from './store/migrate-ca.ts';
export { openStore, type Store } from './store/store.ts';
export { ocspStatusFile, ocspStatusLine, type OcspStatusLine } from './ocsp-status-line.ts';
export { restoredMarkIn } from './backup/restored-mark.ts';
export type { Alert } from './store/alerts.ts';
export { caQueues } from './store/figures.ts';
export type { DayFigures, Observation, Reading, ReadingName } from './operations/observation.ts';
export { beatingServices, isBeating, isNightly } from './operations/beating.ts';
export { judge, pictureOf, type JudgedReading, type Light, type Picture } from './operations/picture.ts';
export { boundText, valueText } from './operations/value-text.ts';
export { liveLog } from './audit/live-log.ts';
export { judgeAuditLog, type JudgedLog } from './audit/judge.ts';
export type { ApprovalProgress } from './store/approvals.ts';
export type { AttestedOrder, HeldBy } from './store/attested-lists.ts';
export type { AwaitingDocument } from './store/documents.ts';
export type { StoredDocument } from './store/document-rows.ts';
export type { ListedCase, ListPart } from './store/listed.ts';
export type { CertificateRow } from './store/certificates.ts';
export type { CrlMark, CrlRow } from './store/crls.ts';
export type { CrossCertificateRow } from './store/cross-certificates.ts';
export type { DeliveryState } from './store/deliveries.ts';
export type { Enrolment, Invitation } from './store/enrolments.ts';
export type { IssuerRow } from './store/issuers.ts';
export type { MassRevocation } from './store/mass-revocations.ts';
export type { OrderState } from './store/orders.ts';
export { readRefusal, type Refusal } from './store/read-row.ts';
export type { RevocationOrder } from './store/revocations.ts';
export type { CertificateOutline } from './store/outlines.ts';
export type { StoredRoll } from './store/rolls.ts';
export type { SignerRequest } from './store/signers.ts';
export type { CertificateStatus, StatusChange } from './store/status.ts';
export { decodeGeneralNames } from './x509/general-names.ts';
export { decodeName, type NameAttributeType } from './x509/name.ts';
export { alone, openFileLock, type FileLock } from './home/file-lock.ts';
export { lockHome } from './home/lock.ts';
export { openEncryptedFileKeyStore } from './keys/encrypted-file-key-store.ts';
export type { KeyStore, KeyStoreHealth, OpenKeyStore } from './keys/key-store.ts';
export { keyPlaceMistakes, openKeyStore } from './keys/open-key-store.ts';
export { readCertificate, verifyCertificate, type Certificate } from './x509/certificate.ts';
export { encodeCertId, issuerForms } from './x509/cert-id.ts';
export { encodeCertsOnly } from './x509/certs-only.ts';
export { readAnyCrl, readCrl, verifyCrl, type CertificateRevocationList } from './x509/crl.ts';
export { crlReasons, type CrlEntry, type CrlReason } from './x509/crl-entries.ts';
export { lintTbsCertList, type CrlScope } from './x509/crl-lint.ts';
export { equalBytes, fromHex, toHex, type Der } from './x509/der.ts';
export { readExtendedKeyUsage, readKeyUsage, readSubjectKeyIdentifier } from './x509/extension-values.ts';
export { checkSigner, isAnswerSigner } from './x509/ocsp-signer.ts';
export { loneCertId, loneNonceRequest, wholeSequenceContent, type LoneNonceRequest } from './x509/ocsp-lone-request.ts';
export { encodeOcspRequest, readOcspRequest, type CertId, type OcspRequest } from './x509/ocsp-request.ts';
export {
  encodeOcspRefusal,
  encodeResponseData,
  encodeSignedResponse,
  responseTail,
  type CertStatus,
  type OcspErrorStatus,
  type ResponderId,
  type ResponseTail,
  type SingleResponse,
} from './x509/ocsp-response.ts';
export { lintResponseData } from './x509/ocsp-lint.ts';
export { readOcspBundle } from './x509/ocsp-bundle.ts';
export { readOcspResponse, verifyOcspResponse, type ReadSingleResponse } from './x509/ocsp-response-reader.ts';
export { oids } from './x509/oids.ts';
export { encodePem } from './x509/pem.ts';
export { keyIdentifier, readPublicKey } from './x509/public-key.ts';
export { SerialNumbers } from './x509/serial-numbers.ts';
export {
  signatureAlgorithms,
  signatureAtOnce,
  signatureOver,
  signatureUnverified,
  type SignatureAlgorithm,
  type SigningKey,
} from './x509/signed.ts';
export { readCertificationRequest } from './x509/certification-request.ts';
export { checkCorporateNumber } from './profiles/corporate-number.ts';
export { checkCertificationRequest, type RequestGround } from './profiles/check-request.ts';
export { previewCertificate } from './preview-certificate.ts';
export * from './profiles/card-policy.ts';
export { stateAfter } from './profiles/state-table.ts';
export * from './profiles/token-policy.ts';
export { proveCard } from './delivery/card-secret.ts';
export { sealTo } from './delivery/seal.ts';
export { putMassRevocations, type PutMassRevocation } from './put-mass-revocations.ts';
export { drawSelfAudit } from './self-audit.ts';
export { lastQuarter, quarterAt, quarterCalled, type Quarter } from './quarters.ts';
export { certificateRules } from './profiles/lint.ts';
export type { AuditedCertificate, RecordedSelfAudit, SelfAudit } from './store/self-audits.ts';
export { namedKeys, typedSerials } from './typed-lists.ts';
export { proofName, provenKey } from './approvals/compromise-proof.ts';
export { chooseCertificates, countBy, type Choice, type Chosen } from './choose-certificates.ts';
export { checkIdentity } from './profiles/check-identity.ts';
export { readPolicies, type Policies } from './profiles/read-policies.ts';
export { registerMatch, type Verdict } from './profiles/register-match.ts';
export { subjectOf, type SubjectNames } from './profiles/subject.ts';
export type { CertificateProfile } from './profiles/profile.ts';
export type { IdentityDocument, IdentityMethod } from './profiles/policies.ts';
export type { SchedulePolicy } from './profiles/policies.ts';
export type { RetentionClass, RetentionPolicy } from './profiles/retention-policy.ts';
export type { OperationsPolicy } from './profiles/operations-policy.ts';
