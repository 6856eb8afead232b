/**
 * What a root says by OCSP of the CA certificates that it signed. It is signed with each of its CRLs and as long good,
 * since the root is away afterwards and a delegated signer that lives for a year is nothing one could take back.
 */
import type { UnixTime } from '../clock.ts';
import { refuseAny } from '../check-order.ts';
import { encodeCertId, issuerForms } from '../x509/cert-id.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { CrlReason } from '../x509/crl-entries.ts';
import { concat, type Der } from '../x509/der.ts';
import { readKeyUsage } from '../x509/extension-values.ts';
import { encodeOcspBundle } from '../x509/ocsp-bundle.ts';
import { lintResponseData } from '../x509/ocsp-lint.ts';
import { encodeResponseData, encodeSignedResponse, responseTail, type CertStatus } from '../x509/ocsp-response.ts';
import { oids } from '../x509/oids.ts';
import { keyIdentifier } from '../x509/public-key.ts';
import { signatureOver, type SigningKey } from '../x509/signed.ts';

/** A CA certificate that the root took back. */
export interface RevokedCa {
  readonly serialNumber: string;
  readonly reason: CrlReason | null;
  readonly revokedAt: UnixTime;
}

export interface CaAnswers {
  readonly root: Certificate;
  readonly key: SigningKey;
  /** What the root signed. */
  readonly certificates: readonly Certificate[];
  readonly revoked: readonly RevokedCa[];
  readonly thisUpdate: UnixTime;
  readonly nextUpdate: UnixTime;
}

/**
 * For each certificate one OCSPResponse for each form of its CertID, signed by the root itself (RFC 6960 §4.2.2.2), as a
 * bundle. Empty where the root's key is not for signing anything but certificates and CRLs (RFC 5280 §4.2.1.3).
 */
export async function signCaAnswers(answers: CaAnswers): Promise<Der> {
  const { root, certificates, revoked } = answers;
  const usage = root.extensions.get(oids.keyUsage);
  const maySign = usage !== undefined && readKeyUsage(usage.value).includes('digitalSignature');
  const responses: Uint8Array[] = [];
  for (const { serialNumber } of maySign ? certificates : []) {
    const status = statusOf(revoked.find(one => one.serialNumber === serialNumber));
    for (const form of issuerForms(root)) {
      responses.push(await signOne(encodeCertId(form, serialNumber), status, answers));
    }
  }
  return encodeOcspBundle(responses);
}

function statusOf(revoked: RevokedCa | undefined): CertStatus {
  if (revoked === undefined) return { status: 'good' };
  return { status: 'revoked', revokedAt: revoked.revokedAt, reason: revoked.reason };
}

async function signOne(certId: Der, status: CertStatus, answers: CaAnswers): Promise<Uint8Array> {
  const { root, key, thisUpdate, nextUpdate } = answers;
  const responderId = { byKey: keyIdentifier(key.publicKey) };
  const responses = [{ certId, status, thisUpdate, nextUpdate }];
  const responseData = encodeResponseData({ responderId, producedAt: thisUpdate, responses, nonce: null });
  const common = { responderId, certIds: [certId], nonce: null, now: thisUpdate };
  const validity = nextUpdate - thisUpdate;
  refuseAny('lintFailed', lintResponseData(responseData, { ...common, signerNotAfter: root.notAfter, validity }));
  const signature = await signatureOver(responseData, key);
  return concat(encodeSignedResponse({ responseData, signature }, responseTail(key.algorithm, [])));
}
