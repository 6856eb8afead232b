import type { Claim, NameAttributeType, NtaRecord, RobinsRecord } from '../../ca-core/index.ts';

/** Fields whose label is not the name of a claim's or a register record's field. */
type FurtherField =
  | 'profile'
  | 'profileHash'
  | 'validityDays'
  | 'caseId'
  | 'ca'
  | 'der'
  | 'rfc822Name'
  | 'keyFrom'
  | 'keyAlgorithm'
  | 'fingerprint'
  | 'subjectPublicKeyInfo'
  | 'certificationRequest'
  | 'sealTo'
  | 'station'
  | 'tokenSerial'
  | 'method'
  | 'document'
  | 'issuer'
  | 'number'
  | 'validUntil'
  | 'seenAt'
  | 'seenBy'
  | 'result'
  | 'record'
  | 'variation'
  | 'serialNumber'
  | 'reason'
  | 'invalidityDate'
  | 'requestedAt'
  | 'notAfter'
  | 'subject'
  | 'subjectAltName'
  | 'editors'
  | 'edition'
  | 'size'
  | 'root'
  | 'attestation'
  | 'sample'
  | 'file'
  | 'attestedAt'
  | 'organisation'
  | 'organisations'
  | 'container'
  | 'passwordSealTo'
  | 'rollNumber'
  | 'previous'
  | 'memberId'
  | 'memberName'
  | 'role'
  | 'credentialId'
  | 'publicKey';

/** A label for every field that a document can have: a new field without one does not compile. */
export type Fields = Readonly<
  Record<keyof Claim | Exclude<keyof NtaRecord | keyof RobinsRecord, 'grades'> | FurtherField, string>
>;

export type NameWords = Readonly<Record<NameAttributeType, string>>;
