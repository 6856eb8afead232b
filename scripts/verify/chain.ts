/** From a certificate up to a trusted root (RFC 5280 §6.1), as far as a platform without constraints and mappings needs it. */
import {
  equalBytes,
  oids,
  readCertificate,
  readKeyUsage,
  verifyCertificate,
  type Certificate,
} from '../../ca-core/index.ts';
import { readBasicConstraints } from '../../ca-core/x509/extension-values.ts';
import { PkiError } from '../../ca-core/errors.ts';

export interface ChainGround {
  readonly roots: readonly Certificate[];
  /** Certificates that may stand between. */
  readonly others: readonly Certificate[];
  readonly at: number;
}

export interface Chain {
  /** The certificate first, the root last; as far as it came. */
  readonly path: readonly Certificate[];
  /** Why it does not hold; empty where it does. */
  readonly faults: readonly string[];
}

const longest = 6;

export function chainOf(leaf: Certificate, ground: ChainGround): Chain {
  const path = [leaf];
  const faults: string[] = [];
  for (let top = leaf; path.length <= longest;) {
    if (ground.roots.some(root => equalBytes(root.der, top.der)))
      return { path, faults: [...faults, ...faultsOf(path, ground.at)] };
    const issuer = issuerOf(top, ground);
    if (issuer === undefined) break;
    path.push(issuer);
    top = issuer;
  }
  return { path, faults: ['no trusted root CA stands above it', ...faultsOf(path, ground.at)] };
}

/** A root first: what is trusted needs nothing above it. */
function issuerOf(certificate: Certificate, { roots, others }: ChainGround): Certificate | undefined {
  return [...roots, ...others].find(
    one =>
      equalBytes(one.subject, certificate.issuer) &&
      !equalBytes(one.der, certificate.der) &&
      verifyCertificate(certificate, one.subjectPublicKeyInfo),
  );
}

function faultsOf(path: readonly Certificate[], at: number): string[] {
  return path.flatMap((one, index) => {
    const name = index === 0 ? 'the certificate' : `the CA ${index} above it`;
    const limits = one.extensions.get(oids.basicConstraints);
    const says = limits === undefined ? { ca: false, pathLength: null } : readBasicConstraints(limits.value);
    const usage = one.extensions.get(oids.keyUsage);
    const maySign = usage !== undefined && readKeyUsage(usage.value).includes('keyCertSign');
    return [
      at < one.notBefore ? `${name} is not valid yet` : '',
      at > one.notAfter ? `${name} has expired` : '',
      index > 0 && (!says.ca || !maySign) ? `${name} may not sign certificates` : '',
      index > 0 && says.pathLength !== null && index - 1 > says.pathLength ? `${name} allows no such long path` : '',
    ].filter(fault => fault !== '');
  });
}

/** Throws derMalformed with what is wrong, for certificates that this platform's strict reader does not take. */
export function certificateFrom(der: Uint8Array): Certificate {
  try {
    return readCertificate(der);
  } catch (error) {
    if (error instanceof PkiError)
      throw new PkiError('derMalformed', { what: `a certificate (${String(error.values.what)})` });
    throw error;
  }
}
