/** What one line of the audit log is: a leaf of an RFC 6962 Merkle tree. */
import { createHash } from 'node:crypto';

/** Ids and salted digests only: a leaf is kept for ever and holds no personal data. */
export interface AuditEvent {
  /** Unix seconds. */
  readonly at: number;
  readonly service: string;
  /** What happened, as noun.verb: `case.submitted`, `certificate.issued`. */
  readonly action: string;
  /** Who: a member id, `subscriber`, or the service itself. */
  readonly actor: string;
  /** On what: a case id, serial number, roll number. */
  readonly subject: string;
  readonly details: Readonly<Record<string, string>>;
}

/** Version octet 1, then each field as a 4-octet big-endian length and its UTF-8; details as name and value in name order. */
export function encodeAuditLeaf(event: AuditEvent): Uint8Array {
  const details = Object.entries(event.details).sort(([one], [other]) => (one < other ? -1 : 1));
  const fields = [String(event.at), event.service, event.action, event.actor, event.subject, ...details.flat()];
  return Buffer.concat([Uint8Array.of(1), ...fields.flatMap(lengthPrefixed)]);
}

/** The leaf hash of RFC 6962 §2.1: SHA-256(0x00 ‖ leaf). */
export function leafHash(leaf: Uint8Array): Uint8Array {
  return createHash('sha256').update(Uint8Array.of(0)).update(leaf).digest();
}

/** The node hash of RFC 6962 §2.1: SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return createHash('sha256').update(Uint8Array.of(1)).update(left).update(right).digest();
}

function lengthPrefixed(field: string): Uint8Array[] {
  const text = Buffer.from(field, 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return [length, text];
}
