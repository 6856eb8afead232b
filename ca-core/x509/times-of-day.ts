/** Times by the million: most follow another of the same day, of which only the last six digits differ. */
import type { UnixTime } from '../clock.ts';
import { time } from './der.ts';
import { readDer, readTime } from './der-reader.ts';

const day = 86_400;
/** hhmmssZ ends both forms (RFC 5280 §4.1.2.5.1, §4.1.2.5.2). */
const clockLength = 7;
const [zero, zulu] = [0x30, 0x5a];

/** Encodes as `time` does. The octets are good until the next call. */
export function openTimeWriter(): (at: UnixTime) => Uint8Array {
  let der = new Uint8Array(0);
  let midnight = Number.NaN;
  return at => {
    if (at < midnight || !(at < midnight + day)) {
      midnight = at - (((at % day) + day) % day);
      der = time(midnight);
    }
    const clock = der.length - clockLength;
    const seconds = at - midnight;
    writeTwo(der, clock, Math.floor(seconds / 3_600));
    writeTwo(der, clock + 2, Math.floor(seconds / 60) % 60);
    writeTwo(der, clock + 4, seconds % 60);
    return der;
  };
}

/** Reads as `readTime` does, and throws where it does. */
export function openTimeReader(): (der: Uint8Array) => UnixTime {
  let known = new Uint8Array(0);
  let midnight = 0;
  return der => {
    if (!isSameDay(der, known)) {
      const at = readTime(readDer(der));
      known = new Uint8Array(der);
      midnight = at - (((at % day) + day) % day);
      return at;
    }
    const clock = der.length - clockLength;
    const [hours, minutes, seconds] = [readTwo(der, clock), readTwo(der, clock + 2), readTwo(der, clock + 4)];
    const isClock = hours < 24 && minutes < 60 && seconds < 60 && der[der.length - 1] === zulu;
    return isClock ? midnight + hours * 3_600 + minutes * 60 + seconds : readTime(readDer(der));
  };
}

function isSameDay(der: Uint8Array, known: Uint8Array): boolean {
  if (der.length !== known.length) return false;
  for (let at = 0; at < der.length - clockLength; at++) if (der[at] !== known[at]) return false;
  return true;
}

function writeTwo(der: Uint8Array, at: number, value: number): void {
  der[at] = zero + Math.floor(value / 10);
  der[at + 1] = zero + (value % 10);
}

/** NaN for what are not two digits. */
function readTwo(der: Uint8Array, at: number): number {
  const [tens, ones] = [(der[at] ?? 0) - zero, (der[at + 1] ?? 0) - zero];
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}
