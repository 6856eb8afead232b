import type { UnixTime } from '../clock.ts';
import { PkiError, type Violation } from '../errors.ts';
import { readTbsCertificate, type TbsCertificateFields } from '../x509/certificate.ts';
import { equalBytes, type Der } from '../x509/der.ts';
import { readPublicKey, type PublicKey } from '../x509/public-key.ts';
import { lintExtensions } from './lint-extensions.ts';
import type { LintGround } from './lint-ground.ts';
import { lintSubject } from './lint-subject.ts';
import { secondReading } from './second-reading.ts';
import { longestSubscriberValidity } from './profile-rules.ts';
import type { CertificateProfile } from './profile.ts';

/** notBefore may lie this far behind (S/MIME BR 1.0.10 §6.3.2) … */
const longestBackdating = 48 * 3600;
/** … and this far ahead, for clocks that differ. */
const longestPostdating = 300;

/**
 * Reads the octets that would be signed and says everything that is wrong with them, by RFC 5280 and by the profile;
 * only what the profile names may be there. Two readers that share nothing with the writer: the strict DER reader, and
 * OpenSSL. A rule is a word, a field the part of the certificate; empty means: this may be signed.
 */
export function lintTbsCertificate(tbs: Der, profile: CertificateProfile, ground: LintGround): readonly Violation[] {
  const lints: readonly ((fields: TbsCertificateFields) => readonly Violation[])[] = [
    lintSerialNumber,
    fields => lintValidity(fields, profile, ground.now),
    fields => lintIssuer(fields, profile, ground),
    fields => lintSubject(fields.subject, profile),
    fields => lintKey(fields, profile, ground),
    fields => secondReading(tbs, fields),
  ];
  const malformed: Violation[] = [];
  const fields = orMalformed(() => readTbsCertificate(tbs), malformed);
  if (fields === undefined) return malformed;
  const found = lints.flatMap(lint => orMalformed(() => lint(fields), malformed) ?? []);
  return [...malformed, ...found];
}

/** What a reader refuses is one more violation, not the end of the lint. */
function orMalformed<T>(read: () => T, malformed: Violation[]): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    malformed.push({ rule: error.code, field: 'tbsCertificate', found: error.message });
    return undefined;
  }
}

const leastSerialNumber = 1n << 63n;

/** Positive and at most 20 octets are the reader's rules; 64 random bits show in all but one of 2^64 (§4.1.2.2). */
function lintSerialNumber({ serialNumber }: TbsCertificateFields): Violation[] {
  const isLong = BigInt(`0x${serialNumber}`) >= leastSerialNumber;
  return isLong ? [] : [{ rule: 'serialNumberShort', field: 'serialNumber', found: serialNumber }];
}

/** Both ends are inclusive (§4.1.2.5): notAfter − notBefore + 1 seconds. */
function lintValidity(
  { notBefore, notAfter }: TbsCertificateFields,
  profile: CertificateProfile,
  now: UnixTime,
): Violation[] {
  const longest =
    profile.kind === 'subscriber' ? Math.min(profile.validityDays, longestSubscriberValidity) : profile.validityDays;
  const seconds = notAfter - notBefore + 1;
  const found = [
    seconds > longest * 86_400 && 'validityTooLong',
    seconds < 2 && 'validityEmpty',
    notBefore < now - longestBackdating && 'backdated',
    notBefore > now + longestPostdating && 'postdated',
    notAfter <= now && 'expired',
  ].filter(rule => rule !== false);
  return found.map(rule => ({ rule, field: 'validity', found: `${notBefore}–${notAfter}` }));
}

function lintIssuer(
  { issuer, subject }: TbsCertificateFields,
  profile: CertificateProfile,
  ground: LintGround,
): Violation[] {
  const isSelfIssued = equalBytes(issuer, subject);
  return [
    ...(equalBytes(issuer, ground.issuer.subject) ? [] : [{ rule: 'issuerDiffers', field: 'issuer' }]),
    ...(isSelfIssued === (profile.kind === 'rootCa') ? [] : [{ rule: 'selfIssued', field: 'issuer' }]),
  ];
}

function lintKey(fields: TbsCertificateFields, profile: CertificateProfile, ground: LintGround): readonly Violation[] {
  const key = keyOrReason(fields.subjectPublicKeyInfo);
  if (typeof key === 'string') return [{ rule: 'keyUnacceptable', field: 'subjectPublicKeyInfo', found: key }];
  const extensions = lintExtensions(fields, { profile, family: key.family, ...ground });
  if (profile.keys.includes(key.algorithm)) return extensions;
  return [{ rule: 'keyNotInProfile', field: 'subjectPublicKeyInfo', found: key.algorithm }, ...extensions];
}

function keyOrReason(subjectPublicKeyInfo: Der): PublicKey | string {
  try {
    return readPublicKey(subjectPublicKeyInfo);
  } catch (error) {
    return error instanceof PkiError ? String(error.values['reason']) : 'unreadable';
  }
}
