/** What one line of the audit log is: a leaf of an RFC 6962 Merkle tree. */
import { createHash } from 'node:crypto';
import { PkiError } from '../errors.ts';

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

/** Whether a value read from somewhere is one, so that its leaf is canonical. */
export function isAuditEvent(value: unknown): value is AuditEvent {
  const { at, service, action, actor, subject, details } = (value ?? {}) as Partial<Record<keyof AuditEvent, unknown>>;
  const isText = (one: unknown): boolean => typeof one === 'string';
  if (typeof details !== 'object' || details === null || Array.isArray(details)) return false;
  const texts = [service, action, actor, subject, ...(Object.values(details) as unknown[])];
  return Number.isSafeInteger(at) && texts.every(isText);
}

/** Version octet 1, then each field as a 4-octet big-endian length and its UTF-8; details as name and value in name order. */
export function encodeAuditLeaf(event: AuditEvent): Uint8Array {
  const details = Object.entries(event.details).sort(([one], [other]) => (one < other ? -1 : 1));
  const fields = [String(event.at), event.service, event.action, event.actor, event.subject, ...details.flat()];
  const lengths = fields.map(field => Buffer.byteLength(field));
  const leaf = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + 4 + length, 1));
  let at = leaf.writeUInt8(1, 0);
  for (const [index, field] of fields.entries()) {
    at = leaf.writeUInt32BE(lengths[index] ?? 0, at);
    at += leaf.write(field, at, 'utf8');
  }
  return leaf;
}

/** The event of a leaf. Throws auditBroken for octets that encodeAuditLeaf would not have written. */
export function decodeAuditLeaf(leaf: Uint8Array): AuditEvent {
  const fields = leaf[0] === 1 ? fieldsOf(Buffer.from(leaf)) : [];
  const [at, service, action, actor, subject, ...rest] = fields;
  if (at === undefined || service === undefined || action === undefined || actor === undefined || subject === undefined)
    throw malformed();
  const pairs = Array.from({ length: rest.length / 2 }, (_, pair) => [rest[2 * pair], rest[2 * pair + 1]]);
  const details = Object.fromEntries(pairs) as Record<string, string>;
  const event = { at: Number(at), service, action, actor, subject, details };
  if (!Buffer.from(leaf).equals(encodeAuditLeaf(event))) throw malformed();
  return event;
}

/** The leaf hash of RFC 6962 §2.1: SHA-256(0x00 ‖ leaf). */
export function leafHash(leaf: Uint8Array): Uint8Array {
  return createHash('sha256').update(Uint8Array.of(0)).update(leaf).digest();
}

/** The node hash of RFC 6962 §2.1: SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return createHash('sha256').update(Uint8Array.of(1)).update(left).update(right).digest();
}

function fieldsOf(leaf: Buffer): string[] {
  const fields: string[] = [];
  for (let start = 1; start < leaf.length;) {
    const end = start + 4 > leaf.length ? Infinity : start + 4 + leaf.readUInt32BE(start);
    if (end > leaf.length) throw malformed();
    fields.push(leaf.toString('utf8', start + 4, end));
    start = end;
  }
  return fields;
}

const malformed = (): PkiError => new PkiError('auditBroken', { reason: 'a leaf is not canonical' });
