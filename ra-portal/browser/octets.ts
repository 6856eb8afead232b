/** Octets in the forms that WebAuthn and the portal's JSON use. */
export function toBase64url(octets: ArrayBuffer): string {
  const binary = String.fromCharCode(...new Uint8Array(octets));
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

export function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  return fromBase64(text.replaceAll('-', '+').replaceAll('_', '/'));
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), character => character.charCodeAt(0));
}
