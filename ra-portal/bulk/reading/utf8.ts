/** UTF-8 character by character, for octets of which some are none (RFC 3629 §4). */

/** The character that begins there; code -1 for an octet that begins none. */
export function utf8At(octets: Uint8Array, at: number): { readonly code: number; readonly length: number } {
  const lead = octets[at] ?? 0;
  const length = utf8Length(lead);
  let code = length === 1 ? lead : lead & (0x7f >> length);
  for (let next = 1; next < length; next++) {
    const octet = octets[at + next] ?? 0;
    if ((octet & 0xc0) !== 0x80) return { code: -1, length: 1 };
    code = (code << 6) | (octet & 0x3f);
  }
  const isOverlong = (length === 3 && code < 0x800) || (length === 4 && code < 0x1_0000);
  const isNone = length === 0 || isOverlong || code > 0x10_ffff || (code >= 0xd800 && code < 0xe000);
  return isNone ? { code: -1, length: 1 } : { code, length };
}

/** Octets of the character that an octet begins; 0 where it begins none. */
function utf8Length(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/** How many octets at the end wait for more of their character. */
export function cutInUtf8(octets: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, octets.length); back++) {
    const octet = octets[octets.length - back] ?? 0;
    if (octet >= 0x80 && octet < 0xc0) continue;
    return utf8Length(octet) > back ? back : 0;
  }
  return 0;
}
