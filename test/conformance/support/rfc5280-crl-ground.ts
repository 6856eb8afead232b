/** A CA and what its CRLs are made of, of one time. */
import { encodeTbsCertList, type TbsCertListInput } from '../../../ca-core/x509/crl.ts';
import type { CrlEntry, CrlReason } from '../../../ca-core/x509/crl-entries.ts';
import type { Der } from '../../../ca-core/x509/der.ts';
import { keyIdentifier } from '../../../ca-core/x509/public-key.ts';
import { aSmallPki, realNow, type SmallPki } from '../../support/small-pki.ts';

export const now = realNow();

/** Revoked a minute ago. */
export const entry = (
  serialNumber: string,
  reason: CrlReason | null = null,
  invalidityDate: number | null = null,
): CrlEntry => ({
  serialNumber,
  revokedAt: now - 60,
  reason,
  invalidityDate,
});

export interface CrlGround {
  readonly pki: SmallPki;
  /** A list of one day, number 7, unless it is changed. */
  readonly tbsOf: (entries: readonly CrlEntry[], change?: Partial<TbsCertListInput>) => Der;
  /** What a lint of it expects. */
  readonly expectation: { readonly issuer: Der; readonly authorityKeyIdentifier: Uint8Array };
}

export async function aCrlGround(): Promise<CrlGround> {
  const pki = await aSmallPki();
  const expectation = {
    issuer: pki.issuing.subject,
    authorityKeyIdentifier: keyIdentifier(pki.issuingKey.publicKey),
  };
  return {
    pki,
    expectation,
    tbsOf: (entries, change = {}) =>
      encodeTbsCertList({
        ...expectation,
        signatureAlgorithm: pki.issuingKey.algorithm,
        thisUpdate: now,
        nextUpdate: now + 86_400,
        entries,
        crlNumber: 7n,
        ...change,
      }),
  };
}
