/** Asks the responder about some of its certificates as anybody would, and compares with the CRL and the database. */
import { randomInt } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';
import {
  encodeCertId,
  encodeOcspRequest,
  equalBytes,
  issuerForms,
  readCertificate,
  readCrl,
  readOcspResponse,
  verifyCrl,
  verifyOcspResponse,
  type CrlEntry,
  type ReadSingleResponse,
  type Store,
} from '../ca-core/index.ts';
import type { Clock } from '../ca-core/clock.ts';
import { PkiError } from '../ca-core/errors.ts';
import type { Log } from '../ca-core/log.ts';
import type { PrimaryDesk } from './issuer-desk.ts';
import type { Responder } from './respond.ts';
import { isSameStatus } from './status.ts';

export interface SelfCheckParts {
  readonly desks: readonly Pick<PrimaryDesk, 'ca' | 'issuer' | 'statuses' | 'signer'>[];
  readonly store: Pick<Store, 'crls' | 'status'>;
  readonly responder: Responder;
  readonly clock: Clock;
  readonly log: Log;
}

export interface SelfCheck {
  /** One sample. Throws when the database is out of reach; what was found before stays. */
  readonly round: () => Promise<void>;
  /** What the newest sample found, in words. */
  readonly disagreements: () => readonly string[];
}

const sampleSize = 20;
/** Database, CRL and answers need not agree before (domain bound for OCSP; the CRL is made within minutes). */
const settledAfter = 60;
/** This many CRL entries at a time, answers in between. */
const entriesPerBreath = 5_000;

export function openSelfCheck(parts: SelfCheckParts): SelfCheck {
  let found: readonly string[] = [];
  return {
    round: async () => {
      const lists = await Promise.all(parts.desks.map(desk => checkDesk(desk, parts)));
      const next = lists.flat();
      for (const one of next) if (!found.includes(one)) parts.log.error({ disagreement: one }, 'an answer disagrees');
      found = next;
    },
    disagreements: () => found,
  };
}

type Desk = SelfCheckParts['desks'][number];

async function checkDesk(desk: Desk, parts: SelfCheckParts): Promise<string[]> {
  const sample = sampleOf(desk);
  if (sample.length === 0 || desk.signer() === undefined) return [];
  const listed = await listedIn(desk, sample, parts);
  const found: string[] = [];
  for (const serialNumber of sample) {
    const before = desk.statuses.of(serialNumber);
    const told = await ask(serialNumber, desk, parts);
    // What changed while we looked is no disagreement.
    if (!isSameStatus(before, desk.statuses.of(serialNumber))) continue;
    if (typeof told === 'string') found.push(`${serialNumber}: ${told}`);
    else found.push(...(await compare(told, { serialNumber, entry: listed.get(serialNumber), desk }, parts)));
  }
  return found;
}

function sampleOf({ statuses: { map } }: Desk): string[] {
  const size = map.size();
  if (size <= sampleSize) return Array.from({ length: size }, (_, slot) => map.at(slot).serialNumber);
  return Array.from({ length: sampleSize }, () => map.at(randomInt(size)).serialNumber);
}

/** The entries of these serial numbers in the newest CRL that the CA signed and that we have followed. */
async function listedIn(
  { ca, issuer, statuses }: Desk,
  sample: readonly string[],
  { store }: SelfCheckParts,
): Promise<Map<string, CrlEntry>> {
  const listed = new Map<string, CrlEntry>();
  const row = await store.crls.newest(ca);
  const crl = row && readCrl(row.crl);
  const isOurs = crl !== undefined && verifyCrl(crl, issuer.subjectPublicKeyInfo);
  if (!isOurs || crl.crlNumber > statuses.reached().crlNumber) return listed;
  const wanted = new Set(sample);
  let walked = 0;
  for (const entry of crl.entries) {
    if (wanted.has(entry.serialNumber)) listed.set(entry.serialNumber, entry);
    if (++walked % entriesPerBreath === 0) await breathe();
  }
  return listed;
}

/** The answer about one certificate, its signature verified; a sentence where there is none to be trusted. */
async function ask(
  serialNumber: string,
  { issuer }: Desk,
  { responder, clock }: SelfCheckParts,
): Promise<ReadSingleResponse | string | undefined> {
  const [form] = issuerForms(issuer);
  if (form === undefined) return undefined;
  const certId = encodeCertId(form, serialNumber);
  const { body, status } = await responder.respond(Buffer.from(encodeOcspRequest([certId])));
  // Past retention, or nothing known recently enough: not to answer is right.
  if (status !== 'successful') return undefined;
  try {
    const { basic } = readOcspResponse(body);
    const [single] = basic?.responses ?? [];
    const [signer] = basic?.certificates ?? [];
    if (basic === null || single === undefined || signer === undefined) return 'the answer is empty';
    if (!verifyOcspResponse(basic, readCertificate(signer).subjectPublicKeyInfo)) return 'the signature does not hold';
    if (!equalBytes(single.certId, certId)) return 'the answer is about another certificate';
    return single.nextUpdate <= clock.now() ? 'the answer is stale' : single;
  } catch (error) {
    if (error instanceof PkiError) return `the answer cannot be read: ${error.message}`;
    throw error;
  }
}

interface Subject {
  readonly serialNumber: string;
  readonly entry: CrlEntry | undefined;
  readonly desk: Desk;
}

async function compare(
  told: ReadSingleResponse | undefined,
  { serialNumber, entry, desk }: Subject,
  { store, clock }: SelfCheckParts,
): Promise<string[]> {
  if (told === undefined) return [];
  const isRevoked = told.status.status === 'revoked';
  const row = await store.status.of(desk.ca, serialNumber);
  const known = desk.statuses.of(serialNumber)?.status;
  const settled = (row?.revokedAt ?? 0) < clock.now() - settledAfter;
  return [
    ...(known === told.status.status ? [] : [`${serialNumber}: told as ${told.status.status}, known as ${known}`]),
    ...(entry !== undefined && !isRevoked ? [`${serialNumber}: on the CRL, told as ${told.status.status}`] : []),
    ...(row?.status === 'revoked' && settled && !isRevoked ? [`${serialNumber}: revoked in the database`] : []),
    ...(row === undefined ? [`${serialNumber}: the database does not know it`] : []),
    ...(row?.status === 'good' && isForGood(told) ? [`${serialNumber}: no longer revoked in the database`] : []),
  ];
}

/** A hold may have been released a moment ago; nothing else ends. */
function isForGood({ status }: ReadSingleResponse): boolean {
  return status.status === 'revoked' && status.reason !== 'certificateHold';
}
