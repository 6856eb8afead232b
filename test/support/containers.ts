/** A PKCS#12 as it is handed over, opened by the keeper of the passwords and judged by OpenSSL. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { expect } from 'vitest';
import { digestOf, encodeDocument, type CaseDocument } from '../../ca-core/approvals/documents.ts';
import { openSealed } from '../../ca-core/delivery/seal.ts';
import type { ACa } from './a-ca.ts';
import { openssl } from './openssl.ts';

export interface OpenContainer {
  readonly pkcs12: Uint8Array;
  readonly password: string;
}

interface DeliveryRow {
  case_id: string;
  sealed_key: Buffer | null;
  wrapped_key: Buffer | null;
  pkcs12: Buffer | null;
  sealed_password: Buffer | null;
}

/** What is recorded for a case, its password opened with the keeper's secret. Nothing else of the key may be left. */
export async function containerOf(
  { database }: ACa,
  { document, secret }: { readonly document: CaseDocument; readonly secret: string },
): Promise<OpenContainer> {
  const { caseId } = document;
  const row = await database<DeliveryRow>('deliveries').where({ case_id: caseId }).first();
  expect(row).toMatchObject({ sealed_key: null, wrapped_key: null });
  if (!row?.pkcs12 || !row.sealed_password) throw new Error('no PKCS#12');
  const caseDigest = digestOf(encodeDocument(document));
  const sealed = new Uint8Array(row.sealed_password);
  const password = Buffer.from(await openSealed({ secret, caseId, caseDigest, sealed })).toString();
  return { pkcs12: row.pkcs12, password };
}

/** DER of the subscriber's certificate in it, hex, once its key was found to belong to it. */
export function certificateInContainer({ pkcs12: p, password }: OpenContainer): string {
  const text = openssl(['pkcs12', '-in', 'p', '-nodes', '-clcerts', '-passin', `pass:${password}`], { p });
  const certificate = new X509Certificate(text.slice(text.indexOf('-----BEGIN CERTIFICATE')));
  const key = createPrivateKey(text.slice(text.indexOf('-----BEGIN PRIVATE KEY')));
  expect(certificate.checkPrivateKey(key)).toBe(true);
  return certificate.raw.toString('hex');
}
