import { PkiError, type Violation } from '../errors.ts';
import type { TbsCertificateFields } from '../x509/certificate.ts';
import type { Der } from '../x509/der.ts';
import { extensionRules } from './lint/extension-rules.ts';
import { frameRules } from './lint/frame-rules.ts';
import type { LintGround } from './lint/ground.ts';
import { keyRules } from './lint/key-rules.ts';
import { purposeRules } from './lint/purpose-rules.ts';
import { readerRuleFor, readerRules } from './lint/reader-rules.ts';
import { readForLint, type Reading } from './lint/reading.ts';
import type { CertificateRule, LintRule } from './lint/rule.ts';
import { secondReaderRules } from './lint/second-reading.ts';
import { smimeRules } from './lint/smime-rules.ts';
import { subjectRules } from './lint/subject-rules.ts';
import type { CertificateProfile } from './profile.ts';

const readingRules: readonly CertificateRule[] = [
  ...frameRules,
  ...subjectRules,
  ...keyRules,
  ...extensionRules,
  ...purposeRules,
  ...smimeRules,
  ...secondReaderRules,
];

/** Every rule that a certificate is held to before it is signed, in the order of docs/lint.md. */
export const certificateRules: readonly LintRule[] = [...readerRules, ...readingRules];

/**
 * Reads the octets that would be signed and says everything that is wrong with them, by RFC 5280, by the profile and by
 * what its `rules` name; only what the profile names may be there. Two readers that share nothing with the writer: the
 * strict DER reader, and OpenSSL. A rule is an id of `certificateRules`, a field the part of the certificate; empty
 * means: this may be signed.
 */
export function lintTbsCertificate(tbs: Der, profile: CertificateProfile, ground: LintGround): readonly Violation[] {
  const found = readLinted(tbs, profile, ground);
  return 'violations' in found ? found.violations : [];
}

/** What was read in octets that may be signed, or what is wrong with them. */
export function readLinted(
  tbs: Der,
  profile: CertificateProfile,
  ground: LintGround,
): TbsCertificateFields | { readonly violations: readonly Violation[] } {
  const reading = readOrRefuse(tbs, profile, ground);
  const violations = 'rule' in reading ? [reading] : lintReading(reading);
  return 'rule' in reading || violations.length > 0 ? { violations } : reading.fields;
}

/** The rules over what could be read. */
export function lintReading(reading: Reading): readonly Violation[] {
  const violations: Violation[] = [];
  for (const { id, find } of readingRules) {
    for (const finding of find(reading)) violations.push({ rule: id, ...finding });
  }
  return violations;
}

function readOrRefuse(tbs: Der, profile: CertificateProfile, ground: LintGround): Reading | Violation {
  try {
    return readForLint(tbs, profile, ground);
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    return { rule: readerRuleFor(String(error.values['what'])).id, field: 'tbsCertificate', found: error.message };
  }
}
