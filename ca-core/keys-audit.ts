/** The keys of all certificates that still count, looked at together: what no check of a single key can see. */
import type { UnixTime } from './clock.ts';
import { isKnownToAnybody } from './profiles/known-keys.ts';
import type { Policies } from './profiles/read-policies.ts';
import type { CertificateStore } from './store/certificates.ts';
import { readCertificate } from './x509/certificate.ts';
import { rsaModulus } from './x509/public-key.ts';
import { greatestCommonDivisor, sharedFactors, type AuditProgress } from './x509/shared-factors.ts';

export interface KeysAuditGround {
  readonly certificates: Pick<CertificateStore, 'page'>;
  /** Ids of the CAs whose certificates are looked at. */
  readonly issuers: readonly string[];
  readonly policies: Pick<Policies, 'weakKeys'>;
  readonly now: UnixTime;
  readonly tell?: (progress: AuditProgress) => void;
}

/** A certificate whose key is worth nothing, and why. */
export interface WeakKeyFound {
  readonly issuer: string;
  readonly serialNumber: string;
  readonly weakness: 'sharedPrime' | 'blocklisted';
  /** Serial numbers of the certificates that share a prime with it. */
  readonly sharedWith: readonly string[];
}

export interface KeysAudit {
  /** Certificates that were looked at, and the different RSA moduli among their keys. */
  readonly certificates: number;
  readonly moduli: number;
  readonly found: readonly WeakKeyFound[];
}

interface AuditedKey {
  readonly issuer: string;
  readonly serialNumber: string;
  readonly modulus: bigint;
  readonly isBlocklisted: boolean;
}

/** Batch GCD over every RSA modulus, and the operator's lists as they are today. Throws derMalformed for a row that is no certificate. */
export async function auditKeys(ground: KeysAuditGround): Promise<KeysAudit> {
  const { keys, certificates } = await rsaKeysOf(ground);
  const divisors = walked(sharedFactors(keys.map(key => key.modulus)), ground.tell);
  const weak = keys.filter(key => divisors.has(key.modulus));
  const shared = weak.map(key => ({
    ...nameOf(key),
    weakness: 'sharedPrime' as const,
    sharedWith: partnersOf(key, weak),
  }));
  const listed = keys.filter(key => key.isBlocklisted);
  const blocklisted = listed.map(key => ({ ...nameOf(key), weakness: 'blocklisted' as const, sharedWith: [] }));
  const moduli = new Set(keys.map(key => key.modulus)).size;
  return { certificates, moduli, found: [...shared, ...blocklisted] };
}

function walked<T, R>(walk: Generator<T, R, void>, tell: (step: T) => void = () => undefined): R {
  for (;;) {
    const step = walk.next();
    if (step.done === true) return step.value;
    tell(step.value);
  }
}

const pageLength = 500;

async function rsaKeysOf({ certificates, issuers, policies, now }: KeysAuditGround): Promise<{
  readonly keys: readonly AuditedKey[];
  readonly certificates: number;
}> {
  const keys: AuditedKey[] = [];
  let count = 0;
  for (const issuer of issuers) {
    for (let after = '', isLast = false; !isLast;) {
      const rows = await certificates.page(issuer, after, pageLength);
      for (const { serialNumber, certificate, notAfter } of rows) {
        if (notAfter < now) continue;
        count += 1;
        const { subjectPublicKeyInfo } = readCertificate(certificate);
        const modulus = rsaModulus(subjectPublicKeyInfo);
        if (modulus === undefined) continue;
        const isBlocklisted = isKnownToAnybody(subjectPublicKeyInfo, policies.weakKeys);
        keys.push({ issuer, serialNumber, modulus, isBlocklisted });
      }
      after = rows.at(-1)?.serialNumber ?? '';
      isLast = rows.length < pageLength;
    }
  }
  return { keys, certificates: count };
}

const nameOf = ({ issuer, serialNumber }: AuditedKey): Pick<AuditedKey, 'issuer' | 'serialNumber'> => ({
  issuer,
  serialNumber,
});

/** Among the few that share with anybody, whoever shares with this one; the same key again is no partner. */
function partnersOf(key: AuditedKey, weak: readonly AuditedKey[]): readonly string[] {
  return weak
    .filter(({ modulus }) => modulus !== key.modulus && greatestCommonDivisor(modulus, key.modulus) !== 1n)
    .map(({ serialNumber }) => serialNumber);
}
