import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { fromHex, issuerForms, oids, openStore, readCertificate, type Der } from '../../ca-core/index.ts';
import { explicit, integerFromBytes, octetString, oid, sequence } from '../../ca-core/x509/der.ts';

/** With a nonce no answer can be a kept one. */
export type Freshness = 'anyAnswer' | 'freshAnswer';

/** OCSP requests (RFC 6960 §4.1.1) with SHA-1 CertIDs for the newest certificates of the issuing CA. */
export async function requestsFor(database: Knex, count: number, freshness: Freshness): Promise<readonly Der[]> {
  const store = openStore(database);
  const issuer = (await store.issuers.list()).find(({ name }) => name === 'issuing');
  if (issuer === undefined) throw new Error('There is no issuing CA.');
  const [form] = issuerForms(readCertificate(issuer.certificate));
  if (form === undefined) throw new Error('There is no way to name the issuing CA.');
  const changes = await store.status.changesAfter(0, count * 2);
  const issued = changes.filter(({ change }) => change === 'issued').slice(-count);
  if (issued.length < count) throw new Error(`Only ${issued.length} certificates are there.`);
  return issued.map(({ serialNumber }) => encodeRequest(form, fromHex(serialNumber), freshness));
}

function encodeRequest(form: Der, serialNumber: Uint8Array, freshness: Freshness): Der {
  const certId = sequence(form, integerFromBytes(serialNumber));
  const requestList = sequence(sequence(certId));
  if (freshness === 'anyAnswer') return sequence(sequence(requestList));
  const nonce = sequence(oid(oids.ocspNonce), octetString(octetString(randomBytes(32))));
  return sequence(sequence(requestList, explicit(2, sequence(nonce))));
}
