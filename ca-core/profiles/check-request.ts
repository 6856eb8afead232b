/** What a PKCS#10 may ask for: what the profile gives anyway. Everything else is refused by name, never copied and never dropped. */
import { PkiError } from '../errors.ts';
import type { CertificationRequest } from '../x509/certification-request.ts';
import { equalBytes } from '../x509/der.ts';
import { readBasicConstraints, readExtendedKeyUsage, readKeyUsage } from '../x509/extension-values.ts';
import { readSubjectKeyIdentifier } from '../x509/extension-values.ts';
import { decodeGeneralNames } from '../x509/general-names.ts';
import { oids } from '../x509/oids.ts';
import { keyIdentifier, readPublicKey, type KeyAlgorithm, type PublicKey } from '../x509/public-key.ts';
import { isKnownToAnybody } from './known-keys.ts';
import type { CertificateProfile } from './profile.ts';
import type { Policies } from './read-policies.ts';

export interface RequestGround {
  readonly profile: CertificateProfile;
  /** The mailbox of the claim, which stands in subjectAltName where the profile has one. */
  readonly mailbox: string;
  readonly policies: Pick<Policies, 'weakKeys'>;
}

/**
 * The algorithm of the request's key, once it fits the profile. Throws keyUnacceptable {reason}, csrExtensionRefused
 * {extension, asked}, csrMalformed {reason}.
 */
export function checkCertificationRequest(request: CertificationRequest, ground: RequestGround): KeyAlgorithm {
  const key = readPublicKey(request.subjectPublicKeyInfo);
  if (!ground.profile.keys.includes(key.algorithm)) {
    throw new PkiError('keyUnacceptable', { reason: `${key.algorithm} is not in the profile` });
  }
  if (isKnownToAnybody(request.subjectPublicKeyInfo, ground.policies.weakKeys)) {
    throw new PkiError('keyUnacceptable', { reason: 'blocklisted' });
  }
  for (const [id, { value }] of request.requestedExtensions) {
    const asked = beyond(id, value, { ...ground, key, request });
    if (asked !== undefined) throw new PkiError('csrExtensionRefused', { extension: namesById.get(id) ?? id, asked });
  }
  return key.algorithm;
}

interface Asking extends RequestGround {
  readonly key: PublicKey;
  readonly request: CertificationRequest;
}

/** The first thing asked for that the certificate will not have, in words; undefined when it will have all of it. */
function beyond(id: string, value: Uint8Array, asking: Asking): string | undefined {
  const reading = readings.get(id);
  if (reading === undefined) return id;
  try {
    return reading(value, asking);
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    throw new PkiError('csrMalformed', { reason: namesById.get(id) ?? id });
  }
}

type Reading = (value: Uint8Array, asking: Asking) => string | undefined;

const readings: ReadonlyMap<string, Reading> = new Map<string, Reading>([
  [oids.basicConstraints, value => (readBasicConstraints(value).ca ? 'CA:TRUE' : undefined)],
  [
    oids.keyUsage,
    (value, { profile, key }) => readKeyUsage(value).find(usage => !profile.keyUsage[key.family].includes(usage)),
  ],
  [
    oids.extendedKeyUsage,
    (value, { profile }) => {
      const given: readonly string[] = profile.extendedKeyUsage.map(use => oids[use]);
      const refused = readExtendedKeyUsage(value).find(purpose => !given.includes(purpose));
      return refused === undefined ? undefined : (namesById.get(refused) ?? refused);
    },
  ],
  [oids.subjectAltName, otherName],
  [
    oids.subjectKeyIdentifier,
    (value, { request }) =>
      equalBytes(readSubjectKeyIdentifier(value), keyIdentifier(request.subjectPublicKeyInfo))
        ? undefined
        : 'another key',
  ],
]);

/** The mailbox of the claim may be asked for where the profile names it; the domain is compared without its case. */
function otherName(value: Uint8Array, { profile, mailbox }: Asking): string | undefined {
  if (profile.subjectAltName === null) return 'a name';
  const names = mailboxesOf(value);
  return names === undefined ? 'a name of another kind' : names.find(name => folded(name) !== folded(mailbox));
}

function mailboxesOf(value: Uint8Array): readonly string[] | undefined {
  try {
    return decodeGeneralNames(value).rfc822Names;
  } catch {
    return undefined;
  }
}

function folded(mailbox: string): string {
  const at = mailbox.lastIndexOf('@');
  return mailbox.slice(0, at) + mailbox.slice(at).toLowerCase();
}

const namesById: ReadonlyMap<string, string> = new Map(Object.entries(oids).map(([name, id]) => [id, name]));
