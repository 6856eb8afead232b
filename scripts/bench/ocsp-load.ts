/** What `wrk` sends to a responder: random serial numbers out of many, the same for both sides of a comparison. */
import { randomBytes } from 'node:crypto';
import { openSync, writeFileSync, writeSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { encodeCertId, encodeOcspRequest, issuerForms, oids, toHex, type Certificate } from '../../ca-core/index.ts';
import { explicit, octetString, oid, sequence, type Der } from '../../ca-core/x509/der.ts';

/** With a nonce no answer can be one that was signed before. */
export type Freshness = 'anyAnswer' | 'freshAnswer';

const serialLength = 16;
const tailRecord = 80;

/** Positive serial numbers of 16 octets, side by side. */
export function drawSerials(count: number): Buffer {
  const serials = randomBytes(count * serialLength);
  for (let at = 0; at < serials.length; at += serialLength) serials[at] = 0x40 | ((serials[at] ?? 0) & 0x3f);
  return serials;
}

export const serialAt = (serials: Buffer, turn: number): string =>
  serials.toString('hex', turn * serialLength, (turn + 1) * serialLength);

/** A request with a SHA-1 CertID (RFC 6960 §4.1.1). */
export function requestFor(issuer: Certificate, serialNumber: string, freshness: Freshness): Der {
  const certId = encodeCertId(issuerForms(issuer)[0] ?? new Uint8Array(0), serialNumber);
  if (freshness === 'anyAnswer') return encodeOcspRequest([certId]);
  const nonce = sequence(oid(oids.ocspNonce), octetString(octetString(randomBytes(32))));
  return sequence(sequence(sequence(sequence(certId)), explicit(2, sequence(nonce))));
}

/** Writes the script and its files into a folder; POST and GET in turn, or POST with a new nonce each time. Its path. */
export function writeScript(folder: string, issuer: Certificate, serials: Buffer, freshness: Freshness): string {
  const example = requestFor(issuer, serialAt(serials, 0), freshness);
  const head = Buffer.from(example).indexOf(serials.subarray(0, serialLength));
  writeFileSync(join(folder, 'serials'), serials);
  const path = join(folder, 'load.lua');
  const post = `POST / HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Type: application/ocsp-request\\r\\nContent-Length: ${example.length}\\r\\n\\r\\n`;
  const common = `${readOctets}
local serials = octets("${join(folder, 'serials')}")
local count = #serials / ${serialLength}
local head = "${post}" .. hex("${toHex(example.subarray(0, head))}")
math.randomseed(7)
`;
  const rest = freshness === 'anyAnswer' ? byTurns(folder, issuer, serials) : withNonce(example, head);
  writeFileSync(path, common + rest);
  return path;
}

const readOctets = `
local function octets(path) local file = io.open(path, "rb"); local all = file:read("*a"); file:close(); return all end
local function hex(text) return (text:gsub("..", function(pair) return string.char(tonumber(pair, 16)) end)) end
`;

function byTurns(folder: string, issuer: Certificate, serials: Buffer): string {
  const begin = escaped(Buffer.from(requestFor(issuer, serialAt(serials, 0), 'anyAnswer')).subarray(0, 66));
  writeTails(join(folder, 'tails'), { issuer, serials, begin });
  return `
local tails = octets("${join(folder, 'tails')}")
local get = "GET /${begin}"
local turn = 0
function request()
  local at = math.random(0, count - 1)
  turn = 1 - turn
  if turn == 0 then return head .. serials:sub(at * ${serialLength} + 1, (at + 1) * ${serialLength}) end
  local start = at * ${tailRecord} + 1
  return get .. tails:sub(start + 1, start + tails:byte(start)) .. " HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n"
end
`;
}

/** What follows the common beginning in each path, in records of one length. */
function writeTails(
  path: string,
  { issuer, serials, begin }: { readonly issuer: Certificate; readonly serials: Buffer; readonly begin: string },
): void {
  const file = openSync(path, 'w');
  const example = Buffer.from(requestFor(issuer, serialAt(serials, 0), 'anyAnswer'));
  const at = example.length - serialLength;
  for (let first = 0; first < serials.length / serialLength; first += 10_000) {
    const some = Math.min(10_000, serials.length / serialLength - first);
    const records = Buffer.alloc(some * tailRecord);
    for (let turn = 0; turn < some; turn++) {
      serials.copy(example, at, (first + turn) * serialLength, (first + turn + 1) * serialLength);
      const tail = escaped(example).slice(begin.length);
      records[turn * tailRecord] = tail.length;
      records.write(tail, turn * tailRecord + 1, 'latin1');
    }
    writeSync(file, records);
  }
  closeSync(file);
}

function escaped(octets: Buffer): string {
  return encodeURIComponent(octets.toString('base64'));
}

function withNonce(example: Uint8Array, head: number): string {
  return `
local middle = hex("${toHex(example.subarray(head + serialLength, example.length - 32))}")
local random = math.random
function request()
  local at = random(0, count - 1)
  local nonce = {}
  for index = 1, 8 do
    nonce[index] = string.char(random(0, 255), random(0, 255), random(0, 255), random(0, 255))
  end
  return head .. serials:sub(at * ${serialLength} + 1, (at + 1) * ${serialLength}) .. middle .. table.concat(nonce)
end
`;
}
