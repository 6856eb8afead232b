/** What a file is: a certificate, a signed message, or a PKCS#12; and the certificates in it. */
import { PkiError } from '../../ca-core/errors.ts';
import { equalBytes, oids, type Certificate } from '../../ca-core/index.ts';
import { readBasicConstraints } from '../../ca-core/x509/extension-values.ts';
import { certificateFrom } from './chain.ts';
import { certificatesOfPkcs12, readSignedMessage } from './cms.ts';
import { isMail, readSmime } from './smime.ts';

type Octets = Uint8Array<ArrayBuffer>;

export interface Evidence {
  readonly kind: 'certificate' | 'message' | 'pkcs12';
  /** The certificates to be judged: the subject's, or each signer's. */
  readonly subjects: readonly Certificate[];
  /** What else the file carries. */
  readonly others: readonly Certificate[];
  /** Why a signature does not hold. */
  readonly faults: readonly string[];
}

export interface EvidenceInput {
  readonly bytes: Octets;
  readonly password: string | undefined;
  /** What a detached signature is about. */
  readonly content: Octets | undefined;
}

/** Throws derMalformed, settingsInvalid for a PKCS#12 without its password. */
export async function readEvidence({ bytes, password, content }: EvidenceInput): Promise<Evidence> {
  if (isMail(bytes)) {
    const { cms, content: signed } = readSmime(bytes);
    return messageOf(cms, signed);
  }
  const blocks = blocksOf(bytes);
  const [first] = blocks;
  if (first === undefined) throw new PkiError('derMalformed', { what: 'a certificate, a signed message or a PKCS#12' });
  if (first.label === 'CERTIFICATE') {
    const certificates = certificatesIn(bytes);
    return { kind: 'certificate', subjects: certificates.slice(0, 1), others: certificates.slice(1), faults: [] };
  }
  if (first.label === 'CMS' || first.label === 'PKCS7') return messageOf(first.der, content);
  return unlabelled(first.der, password, content);
}

/** The certificates of a file in DER or PEM. Throws derMalformed for what is none. */
export function certificatesIn(bytes: Octets): readonly Certificate[] {
  const wanted = blocksOf(bytes).filter(({ label }) => label === '' || label === 'CERTIFICATE');
  return wanted.map(({ der }) => certificateFrom(der));
}

async function unlabelled(der: Octets, password: string | undefined, content: Octets | undefined): Promise<Evidence> {
  if (isPkcs12(der)) return pkcs12Of(der, password);
  if (isContentInfo(der)) return messageOf(der, content);
  return { kind: 'certificate', subjects: [certificateFrom(der)], others: [], faults: [] };
}

async function messageOf(der: Octets, content: Octets | undefined): Promise<Evidence> {
  const messages = await readSignedMessage(der, content);
  const others = messages[0]?.certificates.map(certificateFrom) ?? [];
  const subjects = messages.flatMap(({ signer }) => (signer === undefined ? [] : [certificateFrom(signer)]));
  const missing = messages.some(({ signer }) => signer === undefined)
    ? ['the message lacks the signer’s certificate']
    : [];
  const faults = [...messages.filter(({ holds }) => !holds).map(({ reason }) => reason), ...missing];
  return { kind: 'message', subjects, others, faults };
}

async function pkcs12Of(der: Octets, password: string | undefined): Promise<Evidence> {
  if (password === undefined)
    throw new PkiError('settingsInvalid', { mistakes: ['A PKCS#12 needs --password-file FILE.'] });
  const all = (await certificatesOfPkcs12(der, password)).map(certificateFrom);
  const isIssuer = (one: Certificate): boolean =>
    all.some(other => other !== one && equalBytes(other.issuer, one.subject));
  const own = all.filter(one => !isCa(one));
  const subjects = own.length > 0 ? own : all.filter(one => !isIssuer(one));
  return { kind: 'pkcs12', subjects, others: all.filter(one => !subjects.includes(one)), faults: [] };
}

function isCa({ extensions }: Certificate): boolean {
  const limits = extensions.get(oids.basicConstraints);
  return limits !== undefined && readBasicConstraints(limits.value).ca;
}

interface Block {
  readonly label: string;
  readonly der: Octets;
}

/** DER is one block without a label. */
function blocksOf(bytes: Octets): readonly Block[] {
  if (bytes[0] === 0x30) return [{ label: '', der: bytes }];
  const text = Buffer.from(bytes).toString('latin1');
  return [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]+)-----END \1-----/g)].map(
    ([, label, body]) => ({
      label: label ?? '',
      der: new Uint8Array(Buffer.from(body ?? '', 'base64')),
    }),
  );
}

/** What the outer SEQUENCE begins with: INTEGER 3 in a PFX, an OBJECT IDENTIFIER in a ContentInfo, a SEQUENCE in a certificate. */
function contentAt(der: Octets): number {
  const length = der[1] ?? 0;
  return length < 0x80 ? 2 : 2 + (length & 0x7f);
}
const isPkcs12 = (der: Octets): boolean =>
  equalBytes(der.subarray(contentAt(der), contentAt(der) + 3), Uint8Array.of(2, 1, 3));
const isContentInfo = (der: Octets): boolean => der[contentAt(der)] === 6;
