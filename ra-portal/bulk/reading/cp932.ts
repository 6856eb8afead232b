/**
 * CP932 (Windows-31J) both ways and without loss: what it lacks is told, never replaced. 0x8160 is ～ and 0x817C －, as
 * Windows has them; 髙 﨑 ① ㈱ are in it, 〜 (U+301C) and 𠮷 are not.
 */

/** Lead octets of two-octet characters. */
const isLead = (octet: number): boolean => (octet >= 0x81 && octet <= 0x9f) || (octet >= 0xe0 && octet <= 0xfc);

interface Tables {
  /** By both octets; 0 where they are no character. */
  readonly toUnit: Uint16Array;
  /** By UTF-16 code unit; 0 where there is no character. */
  readonly toOctets: Uint16Array;
}

let made: Tables | undefined;

/** The runtime's own decoder says what each pair means; asked once. */
function tables(): Tables {
  if (made !== undefined) return made;
  const toUnit = new Uint16Array(0x10000);
  const toOctets = new Uint16Array(0x10000);
  const decoder = new TextDecoder('shift_jis');
  const pair = new Uint8Array(2);
  for (let octets = 0x8140; octets <= 0xfcfc; octets++) {
    if (!isLead(octets >> 8)) continue;
    pair[0] = octets >> 8;
    pair[1] = octets & 0xff;
    const text = decoder.decode(pair);
    const unit = text.length === 1 ? text.charCodeAt(0) : 0xfffd;
    if (unit === 0xfffd) continue;
    toUnit[octets] = unit;
    // Of several places Windows writes the first, but never NEC's selection of IBM's characters.
    if (toOctets[unit] === 0 && (octets < 0xed40 || octets > 0xeefc)) toOctets[unit] = octets;
  }
  return (made = { toUnit, toOctets });
}

/** The code unit for one octet, or undefined: ASCII and half-width katakana. */
function lone(octet: number): number | undefined {
  if (octet < 0x80) return octet;
  return octet >= 0xa1 && octet <= 0xdf ? octet + 0xfec0 : undefined;
}

/** What `decodeCp932` tells of: text, and octets that are no character. */
export interface Cp932Sink {
  readonly unit: (unit: number) => void;
  readonly bad: (octet: number) => void;
}

/** Returns how many octets at the end are the beginning of a character (0 or 1): they belong to what follows. */
export function decodeCp932(octets: Uint8Array, { unit, bad }: Cp932Sink): number {
  const { toUnit } = tables();
  for (let at = 0; at < octets.length; at++) {
    const octet = octets[at] ?? 0;
    const alone = lone(octet);
    if (alone !== undefined) {
      unit(alone);
      continue;
    }
    if (isLead(octet) && at + 1 === octets.length) return 1;
    const found = isLead(octet) ? (toUnit[(octet << 8) | (octets[at + 1] ?? 0)] ?? 0) : 0;
    if (found === 0) bad(octet);
    else {
      unit(found);
      at++;
    }
  }
  return 0;
}

/** The octets of one UTF-16 code unit, the higher first; null for what CP932 lacks. */
export function cp932Of(unit: number): number | null {
  if (unit < 0x80) return unit;
  if (unit >= 0xff61 && unit <= 0xff9f) return unit - 0xfec0;
  return tables().toOctets[unit] || null;
}
