/** One token, logged in to as its user: the key that is made on it, and the certificates that are written beside it. */
import graphene from 'graphene-pk11';
import type { PrivateKey, Session, SessionObject, Slot } from 'graphene-pk11';
import { curveParameters, subjectPublicKeyInfo, type PublicAttributes } from '../../ca-core/keys/pkcs11-public-key.ts';
import { signatureOf, tokenInputOf } from '../../ca-core/keys/pkcs11-signature.ts';
import { readCertificate } from '../../ca-core/x509/certificate.ts';
import { equalBytes, integerFromBytes, type Der } from '../../ca-core/x509/der.ts';
import { keyIdentifier } from '../../ca-core/x509/public-key.ts';
import type { SignatureAlgorithm, SigningKey } from '../../ca-core/x509/signed.ts';
import { guarded, troubleWith } from './token-failure.ts';

const { CertificateType, KeyType, MechanismEnum, ObjectClass, SessionFlag, TokenFlag, UserType } = graphene;

export const tokenKeyAlgorithms = ['rsa-2048', 'p-256'] as const;
export type TokenKeyAlgorithm = (typeof tokenKeyAlgorithms)[number];

/** A token logged in to. Everything here throws tokenUnavailable {what: gone | unfit, reason}. */
export interface PersonalToken {
  /** Makes the key where it will stay: not extractable. */
  readonly generateKey: (label: string, algorithm: TokenKeyAlgorithm) => SigningKey;
  /** The key with this public half, or undefined. */
  readonly keyOf: (publicKey: Der) => SigningKey | undefined;
  /** Writes what is not there yet; the certificate under the key's own CKA_ID. */
  readonly putCertificates: (certificate: Der, chain: readonly Der[], label: string) => void;
  /** The certificates on it, DER. */
  readonly certificates: () => readonly Der[];
  readonly close: () => void;
}

/** Logs in. Throws tokenUnavailable {what, reason}; a wrong PIN is tried once. */
export function openPersonalToken(slot: Slot, serial: string, userPin: string): PersonalToken {
  if ((slot.getToken().flags & TokenFlag.USER_PIN_LOCKED) !== 0) throw troubleWith('unfit', 'its PIN is locked');
  slot.closeAll();
  const session = slot.open(SessionFlag.SERIAL_SESSION | SessionFlag.RW_SESSION);
  try {
    session.login(userPin, UserType.USER);
  } catch (error) {
    session.close();
    throw error;
  }
  const still = <T>(work: () => T): T =>
    guarded(() => {
      if (slot.getToken().serialNumber !== serial) throw troubleWith('gone', `the token ${serial} is not there`);
      return work();
    });
  return {
    generateKey: (label, algorithm) => still(() => generateKey(session, label, algorithm)),
    keyOf: publicKey => still(() => findKey(session, publicKey)),
    putCertificates: (certificate, chain, label) => still(() => putAll(session, { certificate, chain, label })),
    certificates: () => still(() => certificatesOn(session)),
    close: () => closeQuietly(session),
  };
}

/** A token that was pulled takes its session along. */
function closeQuietly(session: Session): void {
  try {
    session.logout();
    session.close();
  } catch {
    return;
  }
}

const pairMechanisms: Readonly<Record<TokenKeyAlgorithm, number>> = {
  'rsa-2048': MechanismEnum.RSA_PKCS_KEY_PAIR_GEN,
  'p-256': MechanismEnum.EC_KEY_PAIR_GEN,
};

function generateKey(session: Session, label: string, algorithm: TokenKeyAlgorithm): SigningKey {
  const kind =
    algorithm === 'rsa-2048'
      ? { modulusBits: 2048, publicExponent: Buffer.from([1, 0, 1]) }
      : { paramsEC: Buffer.from(curveParameters['p-256']) };
  const uses = algorithm === 'rsa-2048' ? { decrypt: true } : { derive: true };
  const pair = session.generateKeyPair(
    pairMechanisms[algorithm],
    { ...kind, token: true, private: false, verify: true },
    { ...uses, token: true, private: true, sensitive: true, extractable: false, sign: true },
  );
  const publicKey = subjectPublicKeyInfo(attributesOf(pair.publicKey));
  const id = Buffer.from(keyIdentifier(publicKey));
  pair.publicKey.setAttribute({ id, label });
  pair.privateKey.setAttribute({ id, label });
  return signingKey(session, pair.privateKey, publicKey);
}

function findKey(session: Session, publicKey: Der): SigningKey | undefined {
  const id = Buffer.from(keyIdentifier(publicKey));
  const [found] = Array.from(session.find({ class: ObjectClass.PRIVATE_KEY, id }));
  return found === undefined ? undefined : signingKey(session, found.toType<PrivateKey>(), publicKey);
}

function attributesOf(key: SessionObject): PublicAttributes {
  if (key.getAttribute({ keyType: null }).keyType === KeyType.RSA) {
    const { modulus, publicExponent } = key.getAttribute({ modulus: null, publicExponent: null });
    if (modulus && publicExponent) return { modulus, publicExponent };
  } else {
    const { paramsECDSA, pointEC } = key.getAttribute({ paramsECDSA: null, pointEC: null });
    if (paramsECDSA && pointEC) return { parameters: paramsECDSA, point: pointEC };
  }
  throw troubleWith('unfit', 'it does not show the public half of its key');
}

function signingKey(session: Session, key: PrivateKey, publicKey: Der): SigningKey {
  const isRsa = key.getAttribute({ keyType: null }).keyType === KeyType.RSA;
  const algorithm: SignatureAlgorithm = isRsa ? 'sha256WithRSAEncryption' : 'ecdsa-with-SHA256';
  const mechanism = isRsa ? MechanismEnum.RSA_PKCS : MechanismEnum.ECDSA;
  const sign = async (message: Uint8Array): Promise<Uint8Array> => {
    const wish = await tokenInputOf(algorithm, message);
    const answer = guarded(() => session.createSign(mechanism, key).once(Buffer.from(wish.input)));
    return signatureOf(wish.mechanism, answer);
  };
  return { algorithm, publicKey, sign };
}

interface OnToken {
  readonly certificate: Der;
  readonly chain: readonly Der[];
  readonly label: string;
}

function putAll(session: Session, { certificate, chain, label }: OnToken): void {
  const there = certificatesOn(session);
  for (const der of [certificate, ...chain]) {
    if (!there.some(other => equalBytes(other, der))) putOne(session, der, der === certificate ? label : 'CA');
  }
}

/** CKA_ID joins the certificate to its key; subject, issuer and serial number are what programs look it up by. */
function putOne(session: Session, der: Der, label: string): void {
  const { subject, issuer, serialNumber, subjectPublicKeyInfo: publicKey } = readCertificate(der);
  session.create({
    class: ObjectClass.CERTIFICATE,
    certType: CertificateType.X_509,
    ...{ token: true, private: false, label, id: Buffer.from(keyIdentifier(publicKey)) },
    ...{ subject: Buffer.from(subject), issuer: Buffer.from(issuer), value: Buffer.from(der) },
    serial: Buffer.from(integerFromBytes(Buffer.from(serialNumber, 'hex'))),
  });
}

function certificatesOn(session: Session): Der[] {
  return Array.from(session.find({ class: ObjectClass.CERTIFICATE })).flatMap(found => {
    const { value } = found.getAttribute({ value: null });
    return value ? [new Uint8Array(value)] : [];
  });
}
