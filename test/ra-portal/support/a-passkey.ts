/** Passkeys in Chromium: an authenticator that is always there and always sure of its owner. */
import type { KeyObject } from 'node:crypto';
import type { CDPSession, Page } from 'playwright-core';

export interface BrowsersAuthenticator {
  readonly session: CDPSession;
  readonly authenticatorId: string;
}

export async function anAuthenticator(page: Page): Promise<BrowsersAuthenticator> {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  const options = {
    protocol: 'ctap2',
    transport: 'internal',
    hasResidentKey: true,
    hasUserVerification: true,
  } as const;
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: { ...options, isUserVerified: true, automaticPresenceSimulation: true },
  });
  return { session, authenticatorId };
}

export interface Passkey {
  readonly key: KeyObject;
  readonly credentialId: Buffer;
  readonly rpId: string;
}

/** A passkey that was registered elsewhere, for this page to sign with. */
export async function lendPasskey(page: Page, { key, credentialId, rpId }: Passkey): Promise<void> {
  const { session, authenticatorId } = await anAuthenticator(page);
  const privateKey = key.export({ type: 'pkcs8', format: 'der' }).toString('base64');
  const credential = { credentialId: credentialId.toString('base64'), isResidentCredential: false, rpId, privateKey };
  await session.send('WebAuthn.addCredential', { authenticatorId, credential: { ...credential, signCount: 0 } });
}
