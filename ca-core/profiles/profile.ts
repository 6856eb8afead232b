/** What a profile in policies/profiles/ must look like. What it must not say stands in profile-rules.ts. */
import { keyAlgorithms, revocationReasons } from '../approvals/documents.ts';
import { z } from '../schema.ts';
import { keyUsages } from '../x509/extensions.ts';
import { nameAttributeTypes } from '../x509/name.ts';

export const profileKinds = ['subscriber', 'ocspSigner', 'issuingCa', 'rootCa'] as const;
export type ProfileKind = (typeof profileKinds)[number];

/** Where a part of the subject is taken from; explained in policies/profiles/jcan-classic.yaml. */
export const subjectSources = [
  'prefecture',
  'locality',
  'organisationNameEn',
  'ntaNameEn',
  'corporateNumber',
  'robinsPage',
  'romanName',
  'surname',
  'givenName',
  'roleName',
  'mailbox',
  'licence',
] as const;
export type SubjectSource = (typeof subjectSources)[number];

/** Every purpose that a file may name; which kind may have which is decided in profile-rules.ts. */
export const extendedKeyUsages = [
  'clientAuth',
  'emailProtection',
  'documentSigning',
  'OCSPSigning',
  'serverAuth',
  'codeSigning',
  'timeStamping',
  'anyExtendedKeyUsage',
] as const;

const dottedOid = z.string().regex(/^[0-2](\.(0|[1-9][0-9]*))+$/, 'must be an OID such as 2.999.1');
export const title = z.strictObject({ ja: z.string().min(1), en: z.string().min(1) });
const type = z.enum(nameAttributeTypes);
const maxAge = z.strictObject({ maxAgeDays: z.number().int().positive().max(825) }).nullable();

const subjectPart = z.union([
  z.strictObject({ type, value: z.string().min(1) }),
  z.strictObject({
    type,
    from: z.enum(subjectSources),
    prefix: z.string().default(''),
    alphabet: z.string(),
    /** Left out where the claim does not have it. */
    optional: z.boolean().default(false),
  }),
]);
export type SubjectPart = z.infer<typeof subjectPart>;
/** A part whose value is taken from somewhere. */
export type FilledPart = Extract<SubjectPart, { readonly from: unknown }>;

/** What a list that an organisation's LRA attested may order of a profile. */
const bulk = z.strictObject({
  /**
   * Its domain, shown to be the organisation's own, stands for the proof of each mailbox (S/MIME BR §3.2.2.1), and how
   * old an officer's look at it may be; null: nothing does, each is proven.
   */
  mailDomain: maxAge,
  /** In what the CA core hands keys over, beside sealing them to the subscriber. */
  containers: z.array(z.enum(['pkcs12'])),
  /** Whether a PKCS#12 may be asked for in the form that old Windows reads (3DES, SHA-1); each one is logged. */
  compatibility: z.boolean(),
});

const regularExpression = z.string().refine(compiles, 'must be a regular expression');
const keyUsage = z.array(z.enum(keyUsages)).min(1);

/** What evidence proves, and what a profile may demand. */
export const provable = ['mailbox', 'identity', 'affiliation', 'mailDomain', 'role', 'licence'] as const;
export type Provable = (typeof provable)[number];

export const certificateProfile = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]{1,64}$/),
  kind: z.enum(profileKinds),
  title,
  subject: z.array(subjectPart).min(1),
  alphabets: z.record(z.string(), regularExpression),
  subjectAltName: z.literal('mailbox').nullable(),
  /** Ed25519 is for CAs alone. */
  keys: z.array(z.enum([...keyAlgorithms, 'ed25519'])).min(1),
  deliveries: z.array(z.enum(['server', 'csr', 'token'])),
  keyUsage: z.strictObject({ rsa: keyUsage, ec: keyUsage }),
  extendedKeyUsage: z.array(z.enum(extendedKeyUsages)),
  certificatePolicies: z.array(z.strictObject({ oid: dottedOid, cps: z.url().nullable() })),
  basicConstraints: z
    .strictObject({ ca: z.literal(true), pathLength: z.number().int().nonnegative().max(8).nullable() })
    .nullable(),
  authorityKeyIdentifier: z.boolean(),
  authorityInfoAccess: z.array(z.enum(['ocsp', 'caIssuers'])),
  crlDistributionPoint: z.boolean(),
  /** Names the delta CRL that goes with its CRL (RFC 5280 §4.2.1.15). */
  freshestCrl: z.boolean().default(false),
  ocspNocheck: z.boolean(),
  validityDays: z.number().int().positive(),
  registers: z.array(z.enum(['nta', 'robins'])),
  checks: z
    .strictObject(Object.fromEntries(provable.map(name => [name, maxAge])) as Record<Provable, typeof maxAge>)
    .nullable(),
  /** Left out: no attested list may have it. */
  bulk: bulk.optional(),
  /** Bodies of rules that lint holds the certificates to, beside RFC 5280. */
  rules: z.array(z.enum(['smime-br'])),
  revocationReasons: z.array(z.enum(revocationReasons)),
});

/** A profile as its file says it. */
export type ProfileText = z.infer<typeof certificateProfile>;

/** A profile, with the SHA-256 (hex) of its canonical JSON: what officers sign names the very profile they saw. */
export interface CertificateProfile extends Readonly<ProfileText> {
  readonly hash: string;
}

/** Whether a text is a regular expression. */
export function compiles(text: string): boolean {
  try {
    return new RegExp(`^(?:${text})$`, 'u').source !== '';
  } catch {
    return false;
  }
}
