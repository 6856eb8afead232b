/** The keys of all certificates that still count, looked at together: what no check of a single key can see. */
import type { UnixTime } from './clock.ts';
import { refusalOf } from './errors.ts';
import { isKnownToAnybody } from './profiles/known-keys.ts';
import type { Policies } from './profiles/read-policies.ts';
import type { CertificateStore } from './store/certificates.ts';
import type { StatusStore } from './store/status.ts';
import { readCertificate } from './x509/certificate.ts';
import { rsaModulus } from './x509/public-key.ts';
import { greatestCommonDivisor, sharedFactors, type AuditProgress } from './x509/shared-factors.ts';

export interface KeysAuditGround {
  readonly certificates: Pick<CertificateStore, 'page'>;
  readonly status: Pick<StatusStore, 'of'>;
  /** Ids of the CAs whose certificates are looked at. */
  readonly issuers: readonly string[];
  readonly policies: Pick<Policies, 'weakKeys'>;
  readonly now: UnixTime;
}

/** How far it is: certificates that were read, then comparisons done. */
export type KeysAuditStep =
  { readonly stage: 'read'; readonly done: number } | ({ readonly stage: 'compare' } & AuditProgress);

/** A certificate whose key is worth nothing, and why. */
export interface WeakKeyFound {
  readonly issuer: string;
  readonly serialNumber: string;
  readonly weakness: 'sharedPrime' | 'blocklisted';
  /** Serial numbers of the certificates that share a prime with it. */
  readonly sharedWith: readonly string[];
  readonly isRevoked: boolean;
}

export interface KeysAudit {
  /** Certificates that were looked at, and the different RSA moduli among their keys. */
  readonly certificates: number;
  readonly moduli: number;
  readonly found: readonly WeakKeyFound[];
  /** Serial numbers of rows that hold no certificate. */
  readonly unreadable: readonly string[];
}

interface AuditedKey {
  readonly issuer: string;
  readonly serialNumber: string;
  readonly modulus: bigint;
  readonly isBlocklisted: boolean;
}

/**
 * Batch GCD over every RSA modulus, and the operator's lists. A walk of steps of a fraction of a second, so that whoever
 * walks can do other things between.
 */
export async function* auditKeys(ground: KeysAuditGround): AsyncGenerator<KeysAuditStep, KeysAudit, void> {
  const { keys, certificates, unreadable } = yield* rsaKeysOf(ground);
  const walk = sharedFactors(keys.map(key => key.modulus));
  let step = walk.next();
  for (; step.done !== true; step = walk.next()) yield { stage: 'compare', ...step.value };
  const divisors = step.value;
  const weak = keys.filter(key => divisors.has(key.modulus));
  const shared = weak.map(key => ({
    ...nameOf(key),
    weakness: 'sharedPrime' as const,
    sharedWith: partnersOf(key, weak),
  }));
  const listed = keys.filter(key => key.isBlocklisted);
  const blocklisted = listed.map(key => ({ ...nameOf(key), weakness: 'blocklisted' as const, sharedWith: [] }));
  const found: WeakKeyFound[] = [];
  for (const one of [...shared, ...blocklisted]) {
    const status = await ground.status.of(one.issuer, one.serialNumber);
    found.push({ ...one, isRevoked: status?.status === 'revoked' });
  }
  return { certificates, moduli: new Set(keys.map(key => key.modulus)).size, found, unreadable };
}

/** Those about which something is to be done. */
export const openFindings = ({ found }: KeysAudit): readonly WeakKeyFound[] => found.filter(one => !one.isRevoked);

const pageLength = 200;

interface KeysRead {
  readonly keys: readonly AuditedKey[];
  readonly certificates: number;
  readonly unreadable: readonly string[];
}

async function* rsaKeysOf(ground: KeysAuditGround): AsyncGenerator<KeysAuditStep, KeysRead, void> {
  const { certificates, issuers, policies, now } = ground;
  const keys: AuditedKey[] = [];
  const unreadable: string[] = [];
  let count = 0;
  for (const issuer of issuers) {
    for (let after = '', isLast = false; !isLast;) {
      const rows = await certificates.page(issuer, after, pageLength);
      for (const { serialNumber, certificate, notAfter } of rows) {
        if (notAfter < now) continue;
        count += 1;
        const key = rsaKeyIn(certificate);
        if (key === 'unreadable') unreadable.push(serialNumber);
        if (key === 'unreadable' || key.modulus === undefined) continue;
        const isBlocklisted = isKnownToAnybody(key.subjectPublicKeyInfo, policies.weakKeys);
        keys.push({ issuer, serialNumber, modulus: key.modulus, isBlocklisted });
      }
      after = rows.at(-1)?.serialNumber ?? '';
      isLast = rows.length < pageLength;
      yield { stage: 'read', done: count };
    }
  }
  return { keys, certificates: count, unreadable };
}

/** A row is what somebody wrote: it must not keep the others from being looked at. */
function rsaKeyIn(certificate: Uint8Array) {
  try {
    const { subjectPublicKeyInfo } = readCertificate(certificate);
    return { subjectPublicKeyInfo, modulus: rsaModulus(subjectPublicKeyInfo) };
  } catch (error) {
    refusalOf(error);
    return 'unreadable' as const;
  }
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
