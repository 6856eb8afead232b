/**
 * What people sign. Every document is RFC 8785 canonical JSON; its digest is the SHA-256 of those very bytes, and that
 * digest is what an authenticator signs (see challenge.ts). Nothing outside a document can change what it allows.
 */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { PkiError } from '../errors.ts';
import { readBy, z } from '../schema.ts';
import { corporateNumber, digestHex, hexBytes, profileMeant, shortText, unixTime } from './document-parts.ts';
import { evidenceRecord, registerRecords } from './evidence.ts';
import { keyBlockDocument, keyUnblockDocument } from './key-documents.ts';
import { attestationDocument, listDocument } from './list-documents.ts';
import { mostRevokedAtOnce } from './serial-list.ts';

/** The reasons a person may give (RFC 5280 §5.3.1); cACompromise, removeFromCRL, privilegeWithdrawn, aACompromise are not theirs. */
export const revocationReasons = [
  'unspecified',
  'keyCompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
] as const;
export type RevocationReason = (typeof revocationReasons)[number];

export const keyAlgorithms = ['rsa-2048', 'rsa-3072', 'rsa-4096', 'p-256', 'p-384'] as const;
export type KeyAlgorithm = (typeof keyAlgorithms)[number];

const memberId = z.string().regex(/^[a-z0-9-]{1,64}$/);

/**
 * Where the subject's key comes from: a PKCS#10 already seen, or made by the CA core and sealed (HPKE, X25519) to
 * `sealTo`. In a `container` the key leaves inside a PKCS#12 whose password, drawn by the CA core, is what is sealed;
 * `compatibility` asks for the form that old readers open (delivery/).
 */
const subjectKey = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('csr'), subjectPublicKeyInfo: hexBytes, certificationRequest: hexBytes }),
  z
    .strictObject({
      from: z.literal('server'),
      algorithm: z.enum(keyAlgorithms),
      sealTo: hexBytes.length(64),
      container: z.literal('pkcs12').optional(),
      compatibility: z.literal(true).optional(),
    })
    .refine(key => key.container !== undefined || key.compatibility === undefined, 'compatibility is for containers'),
  /** Made on a token later, under this serial number; the station brings the PKCS#10 (station-request.ts). */
  z.strictObject({
    from: z.literal('station'),
    station: memberId,
    tokenSerial: z.string().regex(/^[!-~]{1,64}$/),
    algorithm: z.enum(keyAlgorithms),
  }),
]);
export type SubjectKey = z.infer<typeof subjectKey>;

const claim = z.strictObject({
  kanjiName: shortText,
  kanaName: shortText,
  romanName: shortText,
  corporateNumber,
  organisationName: shortText,
  mailbox: z.string().min(3).max(255),
  /** What a department or an office is called, in Roman letters, where a profile names one. */
  roleName: shortText.optional(),
  /** A professional licence with its prefix, such as `JFBA-12345`, where a profile has a place for one. */
  licence: shortText.optional(),
});
export type Claim = z.infer<typeof claim>;

export const caseDocument = z.strictObject({
  kind: z.literal('case'),
  version: z.literal(1),
  ca: digestHex,
  caseId: shortText,
  profile: profileMeant,
  claim,
  /** DER of the subject Name, hex: exactly what the certificate will hold. */
  subject: hexBytes,
  /** DER of the GeneralNames in subjectAltName, hex, or null where the profile has none. */
  subjectAltName: hexBytes.nullable(),
  validityDays: z.number().int().positive().max(825),
  evidence: z.array(evidenceRecord),
  register: registerRecords,
  /** The fields whose verdict was 表記ゆれ and which an officer (member id) confirmed by hand. */
  confirmedVariations: z.array(z.strictObject({ field: shortText, confirmedBy: shortText })),
  subjectKey,
  /** Who typed or changed the claim for the applicant: member ids and mailboxes that may not approve. */
  editors: z.array(shortText).optional(),
  /** From the second document of a case on: what was voided once stays void, even where the case came back the same. */
  edition: z.number().int().min(2).optional(),
});
export type CaseDocument = z.infer<typeof caseDocument>;

export const revocationDocument = z.strictObject({
  kind: z.literal('revocation'),
  version: z.literal(1),
  ca: digestHex,
  serialNumber: z.string().regex(/^[0-9a-f]{2,40}$/),
  reason: z.enum(revocationReasons),
  invalidityDate: unixTime.nullable(),
  requestedAt: unixTime,
});
export type RevocationDocument = z.infer<typeof revocationDocument>;

export const releaseDocument = z.strictObject({
  kind: z.literal('release'),
  version: z.literal(1),
  ca: digestHex,
  serialNumber: z.string().regex(/^[0-9a-f]{2,40}$/),
  requestedAt: unixTime,
});
export type ReleaseDocument = z.infer<typeof releaseDocument>;

/** As `revocation`, for every certificate of this CA that a list of serial numbers names (serial-list.ts). */
export const massRevocationDocument = z.strictObject({
  kind: z.literal('massRevocation'),
  version: z.literal(1),
  ca: digestHex,
  /** SHA-256 of the list, hex. */
  serialNumbers: digestHex,
  size: z.number().int().positive().max(mostRevokedAtOnce),
  /** How they were found, in the words of whoever did; it decides nothing. */
  chosenBy: shortText,
  reason: z.enum(revocationReasons),
  invalidityDate: unixTime.nullable(),
  requestedAt: unixTime,
});
export type MassRevocationDocument = z.infer<typeof massRevocationDocument>;

const credential = z.strictObject({
  /** `approve` credentials live under the approval desk's RP ID, `signIn` ones under the portal's. */
  use: z.enum(['approve', 'signIn']),
  /** base64url, as WebAuthn gives it. */
  id: z.string().min(8).max(1400),
  /** DER SubjectPublicKeyInfo, hex. */
  publicKey: hexBytes,
});
export type Credential = z.infer<typeof credential>;

const member = z.strictObject({
  id: memberId,
  role: z.enum(['officer', 'lra', 'station']),
  name: shortText,
  mailbox: z.string().min(3).max(255),
  credentials: z.array(credential),
  /** Of an LRA: the Corporate Numbers of those whose people it may attest. */
  organisations: z.array(corporateNumber).min(1).max(100).optional(),
});
export type Member = z.infer<typeof member>;

export const rollDocument = z.strictObject({
  kind: z.literal('roll'),
  version: z.literal(1),
  ca: digestHex,
  number: z.number().int().positive(),
  /** Digest of the roll before; null for the first, which the CA core's home pins. */
  previous: digestHex.nullable(),
  members: z.array(member),
});
export type RollDocument = z.infer<typeof rollDocument>;

export const signableDocument = z.discriminatedUnion('kind', [
  caseDocument,
  listDocument,
  attestationDocument,
  revocationDocument,
  releaseDocument,
  massRevocationDocument,
  keyBlockDocument,
  keyUnblockDocument,
  rollDocument,
]);
export type SignableDocument = z.infer<typeof signableDocument>;
export type DocumentKind = SignableDocument['kind'];

/** How many different people must sign a document of this kind (design §1). */
export const signaturesNeeded: Readonly<Record<DocumentKind, number>> = {
  case: 2,
  list: 2,
  attestation: 1,
  revocation: 1,
  release: 2,
  massRevocation: 2,
  keyBlock: 1,
  keyUnblock: 2,
  roll: 2,
};

/** Whose approval passkeys count on a document of this kind, and nobody else's. */
export const signersOf: Readonly<Record<DocumentKind, Member['role']>> = {
  case: 'officer',
  list: 'officer',
  attestation: 'lra',
  revocation: 'officer',
  release: 'officer',
  massRevocation: 'officer',
  keyBlock: 'officer',
  keyUnblock: 'officer',
  roll: 'officer',
};

/** The canonical bytes of a document (RFC 8785), as text. */
export function encodeDocument(document: SignableDocument): string {
  const text = canonicalize(document);
  if (text === undefined) throw new PkiError('documentMalformed');
  return text;
}

/** SHA-256 of the canonical bytes, lower-case hex: the case digest when the document is a case. */
export function digestOf(documentText: string): string {
  return createHash('sha256').update(documentText, 'utf8').digest('hex');
}

/** Reads a document strictly. Throws documentMalformed when it is not canonical, or of no known kind. */
export function decodeDocument(documentText: string): SignableDocument {
  let value: unknown;
  try {
    value = JSON.parse(documentText);
  } catch {
    throw new PkiError('documentMalformed');
  }
  const document = readBy<SignableDocument>(signableDocument, value, 'documentMalformed');
  if (!isCanonical(value, documentText)) throw new PkiError('documentMalformed', { mistakes: ['not canonical'] });
  return document;
}

/**
 * Whether a text is what `canonicalize` would make of the value that was read from it: RFC 8785 is JSON.stringify
 * (§3.2.2) of properties in the order of their UTF-16 code units (§3.2.3) without lone surrogates. Asking costs a tenth
 * of making it anew.
 */
function isCanonical(value: unknown, text: string): boolean {
  return isOrdered(value) && JSON.stringify(value) === text;
}

function isOrdered(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isOrdered);
  const names = Object.keys(value);
  for (let at = 1; at < names.length; at++) if ((names[at - 1] ?? '') >= (names[at] ?? '')) return false;
  return Object.values(value).every(isOrdered);
}
