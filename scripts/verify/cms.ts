/** CMS (RFC 5652) and PKCS#12 (RFC 7292), read by pkijs: what they carry, and whether the signature holds. */
import { fromBER } from 'asn1js';
import * as pkijs from 'pkijs';
import { PkiError } from '../../ca-core/errors.ts';

type Octets = Uint8Array<ArrayBuffer>;

export interface SignedMessage {
  /** The signer's, DER; undefined where the message does not carry it. */
  readonly signer: Octets | undefined;
  /** All that it carries, DER. */
  readonly certificates: readonly Octets[];
  readonly holds: boolean;
  /** Why not, in English. */
  readonly reason: string;
}

const ids = {
  signedData: '1.2.840.113549.1.7.2',
  certBag: '1.2.840.113549.1.12.10.1.3',
};

/** Each signer of a SignedData; `content` is what a detached signature is about. Throws derMalformed. */
export async function readSignedMessage(der: Octets, content?: Octets): Promise<readonly SignedMessage[]> {
  const signedData = signedDataOf(der);
  const certificates = certificatesIn(signedData);
  if (signedData.signerInfos.length === 0) throw malformed('a CMS message without a signer');
  if (signedData.encapContentInfo.eContent === undefined && content === undefined)
    throw malformed('a detached signature; say --content FILE');
  return Promise.all(
    signedData.signerInfos.map(async (_, signer) => ({
      certificates,
      ...(await verdictOf(signedData, signer, content)),
    })),
  );
}

async function verdictOf(signedData: pkijs.SignedData, signer: number, content: Octets | undefined) {
  // pkijs takes data for detached signatures only.
  const isDetached = signedData.encapContentInfo.eContent === undefined;
  const data = isDetached && content !== undefined ? { data: content.buffer } : {};
  try {
    const found = await signedData.verify({ signer, checkChain: false, extendedMode: true, ...data });
    const holds = found.signatureVerified === true;
    return { signer: derOf(found.signerCertificate), holds, reason: holds ? '' : 'the signature does not hold' };
  } catch (error) {
    const found = error as Partial<pkijs.SignedDataVerifyError>;
    return { signer: derOf(found.signerCertificate), holds: false, reason: found.message ?? 'it cannot be verified' };
  }
}

/** Every certificate in a PKCS#12, DER. Throws settingsInvalid where the password does not open it, derMalformed. */
export async function certificatesOfPkcs12(der: Octets, password: string): Promise<readonly Octets[]> {
  const pfx = readAs(der, 'a PKCS#12', schema => new pkijs.PFX({ schema }));
  const octets = new Uint8Array(Buffer.from(password, 'utf8')).buffer;
  await pfx.parseInternalValues({ password: octets, checkIntegrity: true }).catch(() => {
    throw new PkiError('settingsInvalid', {
      mistakes: ['The password in --password-file does not open this PKCS#12.'],
    });
  });
  const safe = pfx.parsedValue?.authenticatedSafe;
  if (safe === undefined) throw malformed('a PKCS#12 without content');
  const safeContents = safe.safeContents.map(() => ({ password: octets }));
  await safe.parseInternalValues({ safeContents }).catch(() => {
    throw malformed('a PKCS#12 whose encryption this reader does not know');
  });
  const parsed = safe.parsedValue as { readonly safeContents: readonly { readonly value: pkijs.SafeContents }[] };
  return parsed.safeContents
    .flatMap(({ value }) => value.safeBags)
    .filter(({ bagId }) => bagId === ids.certBag)
    .flatMap(({ bagValue }) => certificateIn(bagValue as pkijs.CertBag));
}

function certificateIn({ parsedValue }: pkijs.CertBag): Octets[] {
  return parsedValue instanceof pkijs.Certificate ? [derOf(parsedValue)].filter(one => one !== undefined) : [];
}

function signedDataOf(der: Octets): pkijs.SignedData {
  const info = readAs(der, 'a CMS message', schema => new pkijs.ContentInfo({ schema }));
  if (info.contentType !== ids.signedData) throw malformed('a CMS message that is not signed');
  return new pkijs.SignedData({ schema: info.content as ConstructorParameters<typeof pkijs.SignedData>[0] });
}

function certificatesIn({ certificates = [] }: pkijs.SignedData): readonly Octets[] {
  return certificates.flatMap(one => (one instanceof pkijs.Certificate ? (derOf(one) ?? []) : []));
}

function derOf(certificate: pkijs.Certificate | null | undefined): Octets | undefined {
  return certificate === null || certificate === undefined
    ? undefined
    : new Uint8Array(certificate.toSchema(true).toBER());
}

function readAs<T>(der: Octets, what: string, read: (schema: ReturnType<typeof fromBER>['result']) => T): T {
  const { offset, result } = fromBER(der);
  try {
    if (offset !== der.length) throw malformed(what);
    return read(result);
  } catch {
    throw malformed(what);
  }
}

const malformed = (what: string): PkiError => new PkiError('derMalformed', { what });
