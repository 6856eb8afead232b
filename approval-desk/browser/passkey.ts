import { eightOctets, fromBase64url, fromHex, joined, sha256, toBase64url, utf8 } from './octets.ts';

/** SHA-256("kakuin/" action "/v1" ‖ CA id ‖ digest, where there is one ‖ expiry): ca-core/approvals/challenge.ts. */
export function challengeFor(
  action: string,
  parts: readonly string[],
  expiry: number,
): Promise<Uint8Array<ArrayBuffer>> {
  return sha256(joined(utf8(`kakuin/${action}/v1`), ...parts.map(fromHex), eightOctets(expiry)));
}

export interface AssertionRequest {
  readonly challenge: Uint8Array<ArrayBuffer>;
  readonly rpId: string;
  /** base64url ids of the passkeys that may answer. */
  readonly credentials: readonly string[];
}

/** The authenticator's answer in the form that the server takes, or undefined where the person or the browser refused. */
export async function askPasskey({ challenge, rpId, credentials }: AssertionRequest): Promise<object | undefined> {
  const allowCredentials = credentials.map(id => ({ type: 'public-key' as const, id: fromBase64url(id) }));
  const publicKey = { challenge, rpId, allowCredentials, userVerification: 'required' as const };
  const credential = await navigator.credentials.get({ publicKey }).catch(() => null);
  if (!(credential instanceof PublicKeyCredential)) return undefined;
  const response = credential.response as AuthenticatorAssertionResponse;
  return {
    credentialId: toBase64url(credential.rawId),
    clientDataJson: toBase64url(response.clientDataJSON),
    authenticatorData: toBase64url(response.authenticatorData),
    signature: toBase64url(response.signature),
  };
}
