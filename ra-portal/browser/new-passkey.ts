import { toHex } from '../../ca-core/x509/der.ts';
import { toBase64url } from './octets.ts';

export interface NewPasskey {
  /** base64url. */
  readonly credentialId: string;
  /** DER SubjectPublicKeyInfo, hex. */
  readonly publicKey: string;
}

export interface PasskeyOwner {
  readonly rpId: string;
  readonly name: string;
  readonly mailbox: string;
}

/** ES256, EdDSA, RS256; kept on the authenticator, user verified, without attestation. Null when nothing came of it. */
export async function createPasskey({ rpId, name, mailbox }: PasskeyOwner): Promise<NewPasskey | null> {
  const publicKey: PublicKeyCredentialCreationOptions = {
    challenge: crypto.getRandomValues(new Uint8Array(32)),
    rp: { id: rpId, name: 'Kakuin' },
    user: { id: crypto.getRandomValues(new Uint8Array(16)), name: mailbox, displayName: name },
    pubKeyCredParams: [-7, -8, -257].map(alg => ({ type: 'public-key', alg })),
    authenticatorSelection: { userVerification: 'required', residentKey: 'required' },
    attestation: 'none',
  };
  const credential = await navigator.credentials.create({ publicKey }).catch(() => null);
  if (!(credential instanceof PublicKeyCredential)) return null;
  const spki = (credential.response as AuthenticatorAttestationResponse).getPublicKey();
  return spki === null ? null : { credentialId: toBase64url(credential.rawId), publicKey: toHex(new Uint8Array(spki)) };
}
