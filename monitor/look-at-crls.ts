/** CRLs and CA certificates as relying parties get them, beside what was signed last. */
import { createHash } from 'node:crypto';
import { equalBytes, readAnyCrl, readCertificate, verifyCrl } from '../ca-core/index.ts';
import type { CrlMark, IssuerRow, Reading } from '../ca-core/index.ts';
import { fetchOutside } from './fetch-outside.ts';
import { reading, watchFaults, type Look, type MonitorParts } from './parts.ts';

export function lookAtCrls(parts: MonitorParts): Look {
  const { store, settings, policy, clock } = parts;
  const wrongFor = watchFaults(clock);
  const signedDigest = rememberDigests(parts);
  const isOut = async (issuer: IssuerRow, mark: CrlMark, list: string): Promise<boolean> => {
    const { status, bytes } = await fetchOutside(`${settings.urls.crl}/${pathOf(issuer, list)}`, {
      within: policy.answerWithin,
    });
    return status === 200 && digestOf([bytes]) === (await signedDigest(mark, list)) && isSignedBy(bytes, issuer);
  };
  const areOut = async (issuer: IssuerRow, marks: readonly CrlMark[]): Promise<boolean> => {
    for (const mark of marks)
      for (const list of mark.lists) if (!(await isOut(issuer, mark, list).catch(() => false))) return false;
    return marks.length > 0;
  };
  const isCertificateOut = async ({ name, certificate }: IssuerRow): Promise<boolean> => {
    const fetched = await fetchOutside(`${settings.urls.crl}/ca/${name}.cer`, { within: policy.answerWithin });
    return equalBytes(fetched.bytes, certificate);
  };
  const lookAt = async (issuer: IssuerRow): Promise<Reading[]> => {
    const { name, role } = issuer;
    const newest = await store.crls.newestMark(issuer.id);
    const full = newest?.complete === null ? await store.crls.newestFullMark(issuer.id) : undefined;
    const marks = [full, newest].filter(mark => mark !== undefined);
    const isSame = await areOut(issuer, marks);
    const isOwn = await isCertificateOut(issuer).catch(() => false);
    const now = clock.now();
    const [age, left] = role === 'root' ? (['rootCrlAge', 'rootCrlLeft'] as const) : (['crlAge', 'crlLeft'] as const);
    return [
      reading('crlNumber', name, newest?.crlNumber ?? null),
      reading(age, name, newest === undefined ? null : now - newest.thisUpdate),
      reading(left, name, newest === undefined ? null : newest.nextUpdate - now),
      reading('crlOutside', name, wrongFor(`crl ${name}`, !isSame)),
      reading('caCertificateOutside', name, wrongFor(`ca ${name}`, !isOwn)),
      reading('caLeft', name, readCertificate(issuer.certificate).notAfter - now),
    ];
  };
  return async () => {
    const issuers = await store.issuers.list();
    return (await Promise.all(issuers.map(lookAt))).flat();
  };
}

/** Where the publisher puts a list (RFC 5280 §4.2.1.13: the URLs that certificates name). */
const pathOf = ({ role, name }: IssuerRow, list: string): string =>
  role === 'root' ? `crl/${name}.crl` : `crl/${name}/${list}.crl`;

function isSignedBy(bytes: Uint8Array, issuer: IssuerRow): boolean {
  return verifyCrl(readAnyCrl(bytes), readCertificate(issuer.certificate).subjectPublicKeyInfo);
}

/** What was signed under a number does not change: it is read once. */
function rememberDigests({ store }: MonitorParts): (mark: CrlMark, list: string) => Promise<string> {
  const known = new Map<string, { readonly crlNumber: number; readonly digest: string }>();
  return async (mark, list) => {
    const key = `${mark.issuer} ${list}`;
    const before = known.get(key);
    if (before?.crlNumber === mark.crlNumber) return before.digest;
    const digest = createHash('sha256');
    for await (const piece of store.crls.octets(mark, list)) digest.update(piece);
    const read = { crlNumber: mark.crlNumber, digest: digest.digest('hex') };
    known.set(key, read);
    return read.digest;
  };
}

function digestOf(pieces: readonly Uint8Array[]): string {
  const digest = createHash('sha256');
  for (const piece of pieces) digest.update(piece);
  return digest.digest('hex');
}
