/** An issuing station on the roll, and what it signs. */
import { randomBytes, sign, type KeyObject } from 'node:crypto';
import {
  encodeDocument,
  digestOf,
  type CaseDocument,
  type SignableDocument,
  type SubjectKey,
} from '../../ca-core/approvals/documents.ts';
import {
  encodeStationStatement,
  type StationRequest,
  type StationStatement,
} from '../../ca-core/approvals/station-request.ts';
import { anchoredRoll } from '../../ca-core/follow-roll.ts';
import type { OpenCa } from '../../ca-core/open-ca.ts';
import { implicit, integer, sequence, set, toHex } from '../../ca-core/x509/der.ts';
import { signed, type SigningKey } from '../../ca-core/x509/signed.ts';
import { settle, type ACa } from './a-ca.ts';
import { ecKey } from './certificates.ts';
import { opensslBytes } from './openssl.ts';

export interface AStation {
  readonly memberId: string;
  /** A client certificate of its key, signed by itself, DER: the roll vouches for the key and nobody for the rest. */
  readonly certificate: Buffer;
  /** Signs what it is given, with or without changes to the statement. */
  readonly request: (document: CaseDocument, csr: Uint8Array, change?: Partial<StationStatement>) => StationRequest;
}

interface Platform extends Pick<ACa, 'console' | 'store' | 'clock'> {
  readonly approve: (document: SignableDocument) => Promise<unknown>;
}

/** Two officers sign it onto the roll. */
export async function aStation(platform: Platform, core: OpenCa, memberId = 'station-desk'): Promise<AStation> {
  const { privateKey, spki } = ecKey();
  const current = anchoredRoll(platform.console.anchors);
  if (current === undefined) throw new Error('there is no roll yet');
  const { roll, digest } = current;
  const credential = { use: 'signIn' as const, id: randomBytes(32).toString('base64url'), publicKey: toHex(spki) };
  const of = { id: memberId, role: 'station' as const, name: memberId, mailbox: `${memberId}@ca.example` };
  const members = [...roll.members, { ...of, credentials: [credential] }];
  const next = { ...roll, number: roll.number + 1, previous: digest, members };
  await platform.store.documents.put(next, platform.clock.now());
  await platform.approve(next);
  await settle(core);
  const request: AStation['request'] = (document, csr, change = {}) => {
    const { ca, subjectKey } = document;
    const tokenSerial = subjectKey.from === 'station' ? subjectKey.tokenSerial : 'none';
    const about = { ca, caseDigest: digestOf(encodeDocument(document)), tokenSerial };
    const content = { kind: 'stationRequest', version: 1, ...about, certificationRequest: toHex(csr) } as const;
    const statement = encodeStationStatement({ ...content, ...change });
    return { statement, signature: sign('sha256', Buffer.from(statement), privateKey).toString('hex') };
  };
  return { memberId, request, certificate: certificateOf(privateKey) };
}

function certificateOf(privateKey: KeyObject): Buffer {
  const key = Buffer.from(privateKey.export({ format: 'pem', type: 'pkcs8' }));
  return opensslBytes(['req', '-x509', '-key', 'key', '-subj', '/CN=station', '-days', '1', '-outform', 'DER'], {
    key,
  });
}

/** The key of a case that is to be made on a token. */
export function keyOnToken(station: AStation, tokenSerial = randomBytes(8).toString('hex')): SubjectKey {
  return { from: 'station', station: station.memberId, tokenSerial, algorithm: 'p-256' };
}

/** PKCS#10 without a name (RFC 2986). */
export function requestOf(key: SigningKey): Promise<Uint8Array> {
  return signed(sequence(integer(0), sequence(), key.publicKey, implicit(0, set())), key);
}
