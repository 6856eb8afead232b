/**
 * Many cases under one signature: a list is a Merkle tree (RFC 6962 §2.1, SHA-256) over case digests, in order. Officers
 * sign its root; each order carries the path from its own case to it, so that a case counts only as it stood in the list.
 */
import { createHash } from 'node:crypto';
import { PkiError } from '../errors.ts';
import { readBy, z } from '../schema.ts';
import { checkApprovals, checkApprover, type ApprovalsCheck, type ApprovedDocument } from './approval.ts';
import { decodeDocument, digestOf } from './documents.ts';

const digestHex = z.string().regex(/^[0-9a-f]{64}$/);

/** Where a case stands in a list that was signed: `text` is the list's document, `path` the siblings from the leaf up, hex. */
const listPlace = z.strictObject({
  text: z.string().max(2000),
  position: z.number().int().nonnegative(),
  path: z.array(digestHex).max(8),
});
export type ListPlace = z.infer<typeof listPlace>;

/** The root over case digests (hex), in their order. Throws listInvalid for an empty list. */
export function listRoot(caseDigests: readonly string[]): string {
  return rootOf(caseDigests.map(leafOf)).toString('hex');
}

/** The siblings of one case, from the leaf up, hex. */
export function listPath(caseDigests: readonly string[], position: number): string[] {
  return pathOf(caseDigests.map(leafOf), position).map(node => node.toString('hex'));
}

/** The root that a path leads to. Throws listInvalid where there is no such place in a list of that size. */
export function rootOfPath(caseDigest: string, { position, size, path }: PathInput): string {
  if (position >= size) throw invalid('position');
  const nodes = path.map(node => Buffer.from(node, 'hex'));
  return climb(leafOf(caseDigest), { position, size, path: nodes }).toString('hex');
}

interface PathInput {
  readonly position: number;
  readonly size: number;
  readonly path: readonly string[];
}

/** Reads a place out of a row. Throws documentMalformed. */
export function readListPlace(value: unknown): ListPlace {
  return readBy<ListPlace>(listPlace, value, 'documentMalformed');
}

/**
 * The case, once enough officers approved a list that it stands in as it is. Throws what checkApprovals throws for the
 * list, listInvalid {what} and, for the case, documentMalformed, approverIsApplicant, approverIsEditor.
 */
export function checkListed({ documentText, list, ...rest }: ListedCheck): ApprovedDocument {
  const { document: signed, approvers } = checkApprovals({ documentText: list.text, ...rest });
  if (signed.kind !== 'list') throw invalid('kind');
  const document = decodeDocument(documentText);
  if (document.kind !== 'case' || document.ca !== signed.ca) throw invalid('case');
  const isSameProfile = document.profile.name === signed.profile.name && document.profile.hash === signed.profile.hash;
  if (!isSameProfile) throw invalid('profile');
  const digest = digestOf(documentText);
  if (rootOfPath(digest, { ...list, size: signed.size }) !== signed.root) throw invalid('path');
  approvers.forEach(approver => checkApprover(document, approver));
  return { document, digest, approvers };
}

export interface ListedCheck extends ApprovalsCheck {
  readonly list: ListPlace;
}

function rootOf(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (only === undefined) throw invalid('empty');
  if (leaves.length === 1) return only;
  const middle = split(leaves.length);
  return nodeOf(rootOf(leaves.slice(0, middle)), rootOf(leaves.slice(middle)));
}

function pathOf(leaves: readonly Buffer[], position: number): Buffer[] {
  if (leaves.length === 1) return [];
  const middle = split(leaves.length);
  const [left, right] = [leaves.slice(0, middle), leaves.slice(middle)];
  return position < middle
    ? [...pathOf(left, position), rootOf(right)]
    : [...pathOf(right, position - middle), rootOf(left)];
}

interface Climb {
  readonly position: number;
  readonly size: number;
  readonly path: readonly Buffer[];
}

function climb(leaf: Buffer, { position, size, path }: Climb): Buffer {
  const sibling = path.at(-1);
  if (size === 1) {
    if (sibling !== undefined) throw invalid('path');
    return leaf;
  }
  if (sibling === undefined) throw invalid('path');
  const middle = split(size);
  const below = path.slice(0, -1);
  return position < middle
    ? nodeOf(climb(leaf, { position, size: middle, path: below }), sibling)
    : nodeOf(sibling, climb(leaf, { position: position - middle, size: size - middle, path: below }));
}

/** The largest power of two below `count`. */
function split(count: number): number {
  let half = 1;
  while (half * 2 < count) half *= 2;
  return half;
}

const leafOf = (caseDigest: string): Buffer => hashed(0, Buffer.from(caseDigest, 'hex'));
const nodeOf = (left: Buffer, right: Buffer): Buffer => hashed(1, left, right);

function hashed(tag: 0 | 1, ...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha256').update(Uint8Array.of(tag));
  for (const part of parts) hash.update(part);
  return hash.digest();
}

const invalid = (what: string): PkiError => new PkiError('listInvalid', { what });
