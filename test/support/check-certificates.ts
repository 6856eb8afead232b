/** The sceptic about certificates: each signature has its intention, its row and its line, each case one certificate. */
import { X509Certificate } from 'node:crypto';
import type { Knex } from 'knex';
import { readCertificate } from '../../ca-core/x509/certificate.ts';
import { encodePem } from '../../ca-core/x509/pem.ts';
import { openssl, type Files } from './openssl.ts';
import {
  certificateLines,
  sha256,
  signerLines,
  tbsHashOf,
  twice,
  unless,
  type CertificateRow,
  type IssuerUnderCheck,
  type Pki,
} from './pki-under-check.ts';

export function checkIssuers({ roots, issuers, faults }: Pki): string[] {
  return [
    ...faults,
    ...unless(issuers.length > 0, 'there is no issuing CA'),
    ...roots.flatMap(root => unless(root.verify(root.publicKey), 'a root does not verify under its own key')),
    ...issuers.flatMap(issuer => [
      ...unless(rootOf(roots, issuer) !== undefined, `the issuing CA ${issuer.id} does not verify under a root`),
      ...unless(idOf(issuer) === issuer.id, `the issuing CA ${issuer.id} has another id than its key`),
    ]),
  ];
}

const rootOf = (roots: Pki['roots'], { certificate }: IssuerUnderCheck): X509Certificate | undefined =>
  roots.find(root => certificate.verify(root.publicKey));

const idOf = ({ certificate }: IssuerUnderCheck): string =>
  sha256(certificate.publicKey.export({ format: 'der', type: 'spki' }));

export function checkCertificates(pki: Pki): string[] {
  const { certificates, issuers } = pki;
  return [
    ...certificates
      .filter(row => !issuers.some(({ id }) => id === row.issuer))
      .map(row => `${row.serial_number} is of another issuer`),
    ...issuers.flatMap(issuer => checkThoseOf(issuer, pki)),
    ...twice(certificates.map(row => `${row.issuer} ${row.serial_number}`)).map(name => `${name} stands twice`),
    ...twice(certificates.flatMap(row => row.case_id ?? [])).map(id => `case ${id} has two certificates`),
  ];
}

/** Where nobody wrote by hand: each certificate is told to be issued, once. */
export async function checkIssuedChanges(database: Knex): Promise<string[]> {
  const named = (row: Named): string => `${row.issuer} ${row.serial_number}`;
  const certificates = await database<Named>('certificates');
  const changes = await database<Named & { change: string }>('status_changes').where({ change: 'issued' });
  const told = new Set(changes.map(named));
  return [
    ...twice(changes.map(named)).map(name => `${name} is told to be issued twice`),
    ...certificates.filter(row => !told.has(named(row))).map(row => `${named(row)} is not told to be issued`),
  ];
}

interface Named {
  readonly issuer: string;
  readonly serial_number: string;
}

function checkThoseOf(issuer: IssuerUnderCheck, { certificates, roots }: Pki): string[] {
  const own = certificates.filter(row => row.issuer === issuer.id);
  const lines = [...certificateLines(issuer), ...signerLines(issuer)];
  const logged = new Set(lines.map(({ kind, serialNumber, tbs }) => `${kind} ${serialNumber} ${tbs}`));
  return [
    ...own.flatMap(row => checkCertificate(row, issuer, logged)),
    ...opensslFaults(rootOf(roots, issuer), issuer, own),
  ];
}

function checkCertificate(row: CertificateRow, issuer: IssuerUnderCheck, logged: ReadonlySet<string>): string[] {
  const { serial_number: serial, certificate } = row;
  const second = new X509Certificate(certificate);
  const read = readCertificate(new Uint8Array(certificate));
  const line = `${row.order_id === null ? 'signer' : 'certificate'} ${serial} ${sha256(read.tbs)}`;
  return [
    ...unless(second.verify(issuer.certificate.publicKey), `${serial} does not verify under its issuing CA`),
    ...unless(second.checkIssued(issuer.certificate), `${serial} was not issued by its issuing CA`),
    ...unless(second.serialNumber.toLowerCase() === serial && read.serialNumber === serial, `${serial} is another`),
    ...unless(read.notAfter === row.not_after, `${serial} ends at another time than its row says`),
    ...unless(logged.has(line), `${serial} was signed without a line in the signer log`),
  ];
}

/** A few by the outside judge: the oldest and the newest. */
function opensslFaults(
  root: X509Certificate | undefined,
  { certificate }: IssuerUnderCheck,
  rows: readonly CertificateRow[],
): string[] {
  const few = [...new Set([...rows.slice(0, 5), ...rows.slice(-5)])];
  if (few.length === 0 || root === undefined) return [];
  const named = few.map((row, index) => [`c${index}.pem`, encodePem('CERTIFICATE', new Uint8Array(row.certificate))]);
  const files: Files = {
    'root.pem': root.toString(),
    'issuing.pem': certificate.toString(),
    ...(Object.fromEntries(named) as Files),
  };
  const options = ['-x509_strict', '-no_check_time', '-CAfile', 'root.pem', '-untrusted', 'issuing.pem'];
  try {
    openssl(['verify', ...options, ...named.map(([name]) => name ?? '')], files);
    return [];
  } catch (error) {
    return [`OpenSSL does not trust a certificate: ${error instanceof Error ? error.message : String(error)}`];
  }
}

/** No signature without its recorded intention and its row with the same TBS, no case with two TBSCertificates. */
export async function checkIntentions({ database, issuers, certificates }: Pki): Promise<string[]> {
  const intentions = await database<{ order_id: string; case_id: string; tbs_certificate: Buffer }>('intentions');
  const issued = certificates.filter(row => row.order_id !== null);
  const tbsOf = new Map(intentions.map(row => [row.order_id, sha256(row.tbs_certificate)]));
  const recorded = new Map(issued.map(row => [row.case_id, tbsHashOf(row.certificate)]));
  const lines = issuers.flatMap(certificateLines);
  return [
    ...issued
      .filter(row => tbsOf.get(row.order_id ?? '') !== tbsHashOf(row.certificate))
      .map(row => `${row.serial_number} was signed without its recorded intention`),
    ...intentions
      .filter(row => !recorded.has(row.case_id))
      .map(row => `case ${row.case_id} was intended, never issued`),
    ...lines
      .filter(line => recorded.get(line.caseId) !== line.tbs)
      .map(line => `the signer log has a TBSCertificate for case ${line.caseId} that is not recorded`),
    ...twice(lines.map(line => line.caseId)).map(id => `the signer log has case ${id} twice`),
    ...issuers.flatMap(issuer => checkLines(issuer, certificates)),
  ];
}

function checkLines(issuer: IssuerUnderCheck, certificates: readonly CertificateRow[]): string[] {
  const own = certificates.filter(row => row.issuer === issuer.id && row.order_id === null);
  const signers = new Set(own.map(row => `${row.serial_number} ${tbsHashOf(row.certificate)}`));
  const serials = [...certificateLines(issuer), ...signerLines(issuer)].map(line => line.serialNumber);
  return [
    ...signerLines(issuer)
      .filter(line => !signers.has(`${line.serialNumber} ${line.tbs}`))
      .map(line => `the signer log has a responder's certificate ${line.serialNumber} that is not recorded`),
    ...twice(serials).map(serial => `the signer log has serial number ${serial} twice`),
  ];
}

/** Every order came to its end, and each issued one was told of once. */
export async function checkOrders({ database, certificates }: Pki): Promise<string[]> {
  const orders = await database<{ id: string; case_id: string; state: string }>('issuance_orders');
  const issued = new Set(certificates.map(row => row.order_id));
  const revocations = await database<{ digest: string; state: string }>('revocation_orders').where({
    state: 'waiting',
  });
  return [
    ...orders.flatMap(({ id, case_id: caseId, state }) => {
      if (state !== 'issued' && state !== 'refused') return [`the order of case ${caseId} is ${state}`];
      return unless(
        (state === 'issued') === issued.has(id),
        `the order of case ${caseId} is ${state}, its certificate not`,
      );
    }),
    ...revocations.map(({ digest }) => `the revocation order ${digest} still waits`),
  ];
}
