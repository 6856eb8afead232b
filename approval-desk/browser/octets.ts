/** Octets as the desk's pages need them. */
export type Octets = Uint8Array<ArrayBuffer>;

export function utf8(text: string): Octets {
  return new TextEncoder().encode(text);
}

export function fromHex(hex: string): Octets {
  return Uint8Array.from(hex.match(/../g) ?? [], pair => Number.parseInt(pair, 16));
}

export function toHex(octets: Uint8Array | ArrayBuffer): string {
  return Array.from(new Uint8Array(octets), octet => octet.toString(16).padStart(2, '0')).join('');
}

export function fromBase64url(text: string): Octets {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, character => character.charCodeAt(0));
}

export function toBase64url(octets: ArrayBuffer): string {
  const binary = String.fromCharCode(...new Uint8Array(octets));
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

export function joined(...parts: readonly Uint8Array[]): Octets {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  parts.reduce((start, part) => {
    whole.set(part, start);
    return start + part.length;
  }, 0);
  return whole;
}

/** As 8 octets, big-endian. */
export function eightOctets(value: number): Octets {
  const octets = new Uint8Array(8);
  new DataView(octets.buffer).setBigUint64(0, BigInt(value));
  return octets;
}

export async function sha256(octets: Octets): Promise<Octets> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', octets));
}
