/** An authenticator in software: for the demo and the tests, never for officers. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type { Assertion } from '../../ca-core/approvals/assertion.ts';

export interface CreationRequest {
  readonly rpId: string;
  readonly origin: string;
  /** Kept for the likeness with WebAuthn; without attestation nothing signs it. */
  readonly challenge?: Uint8Array;
}

export interface AssertionRequest {
  readonly rpId: string;
  readonly origin: string;
  readonly challenge: Uint8Array;
  /** base64url, as `create` gave it. */
  readonly credentialId: string;
}

export interface CreatedCredential {
  /** base64url */
  readonly credentialId: string;
  /** DER SubjectPublicKeyInfo, hex. */
  readonly publicKey: string;
}

export interface SoftwareAuthenticator {
  readonly create: (request: CreationRequest) => CreatedCredential;
  /** Throws where a real authenticator would know no such credential under this RP ID. */
  readonly get: (request: AssertionRequest) => Assertion;
}

interface StoredCredential {
  readonly rpId: string;
  readonly privateKey: KeyObject;
}

/** Makes P-256 credentials, and asserts with user presence, user verification and a rising counter. */
export function createSoftwareAuthenticator(): SoftwareAuthenticator {
  const credentials = new Map<string, StoredCredential>();
  let counter = 0;
  return {
    create: ({ rpId }) => {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const credentialId = randomBytes(32).toString('base64url');
      credentials.set(credentialId, { rpId, privateKey });
      return { credentialId, publicKey: publicKey.export({ format: 'der', type: 'spki' }).toString('hex') };
    },
    get: ({ rpId, origin, challenge, credentialId }) => {
      const credential = credentials.get(credentialId);
      if (credential?.rpId !== rpId) throw new Error(`This authenticator has no such credential under ${rpId}.`);
      counter += 1;
      const clientData = encodeClientData(challenge, origin);
      const authenticatorData = encodeAuthenticatorData(rpId, counter);
      const signed = Buffer.concat([authenticatorData, sha256(clientData)]);
      return {
        credentialId,
        clientDataJson: clientData.toString('base64url'),
        authenticatorData: authenticatorData.toString('base64url'),
        signature: sign('sha256', signed, credential.privateKey).toString('base64url'),
      };
    },
  };
}

function encodeClientData(challenge: Uint8Array, origin: string): Buffer {
  const encoded = Buffer.from(challenge).toString('base64url');
  return Buffer.from(JSON.stringify({ type: 'webauthn.get', challenge: encoded, origin, crossOrigin: false }));
}

/** rpIdHash ‖ flags ‖ signCount (WebAuthn §6.1); 0x05 is user present and user verified. */
function encodeAuthenticatorData(rpId: string, counter: number): Buffer {
  const flagsAndCount = Buffer.alloc(5);
  flagsAndCount.writeUInt8(0x05, 0);
  flagsAndCount.writeUInt32BE(counter, 1);
  return Buffer.concat([sha256(rpId), flagsAndCount]);
}

function sha256(value: Uint8Array | string): Buffer {
  return createHash('sha256').update(value).digest();
}
