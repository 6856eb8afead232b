/**
 * Many cases under one signature: a list is a Merkle tree (RFC 6962 §2.1, SHA-256) over case digests, in order. Officers
 * sign its root; each order carries the path from its own case to it, so that a case counts only as it stood in the list.
 */
import { createHash } from 'node:crypto';
import { PkiError } from '../errors.ts';
import { readBy, z } from '../schema.ts';
import {
  checkApprovals,
  checkApprover,
  type Approval,
  type ApprovalGround,
  type ApprovedDocument,
} from './approval.ts';
import { checkAttested, checkAttestation, type Attestation, type SampleSize } from './attestation.ts';
import { digestHex } from './document-parts.ts';
import { decodeDocument, digestOf, type CaseDocument, type Member } from './documents.ts';

/** Where a case stands in a list that was signed: `text` is the list's document, `path` the siblings from the leaf up, hex. */
const listPlace = z.strictObject({
  text: z.string().max(4000),
  position: z.number().int().nonnegative(),
  path: z.array(digestHex).max(14),
});
export type ListPlace = z.infer<typeof listPlace>;

/** The root over case digests (hex), in their order. Throws listInvalid for an empty list. */
export function listRoot(caseDigests: readonly string[]): string {
  const root = levelsOf(caseDigests).at(-1)?.[0];
  if (root === undefined) throw invalid('empty');
  return root.toString('hex');
}

/** The siblings of each case, from the leaf up, hex: all paths of a list in one pass over its tree. */
export function listPaths(caseDigests: readonly string[]): readonly (readonly string[])[] {
  const levels = levelsOf(caseDigests).map(level => level.map(node => node.toString('hex')));
  return caseDigests.map((_, position) => siblingsOf(levels, position));
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

export interface ListCheck extends ApprovalGround {
  readonly list: Pick<ListPlace, 'text'>;
  readonly approvals: readonly Approval[];
  /** What the order carries of an LRA's attestation; null where it carries none. */
  readonly attestation: Attestation | null;
  /** How many rows officers look at of a list that is attested. */
  readonly sample: SampleSize;
}

/** A list that holds, and the LRA who attested its rows, if one did. */
export interface SignedList {
  readonly text: string;
  readonly document: Extract<ApprovedDocument['document'], { kind: 'list' }>;
  readonly approvers: readonly Member[];
  readonly attester: Member | null;
  /** The Corporate Number that the attestation is for. */
  readonly organisation: string | null;
}

/**
 * The list, once enough officers approved it and, where it names an attestation, an LRA signed that one over the same
 * rows. The same for every row of it: ask once for many. Throws what checkApprovals throws, listInvalid {what} and what
 * checkAttestation throws.
 */
export function checkList({ list, approvals, attestation, sample, ...ground }: ListCheck): SignedList {
  const { document, approvers } = checkApprovals({ ...ground, documentText: list.text, approvals });
  if (document.kind !== 'list') throw invalid('kind');
  const attested = checkAttestation({ ...ground, list: document, attestation, approvers, sample });
  return {
    text: list.text,
    document,
    approvers,
    attester: attested?.attester ?? null,
    organisation: attested?.organisation ?? null,
  };
}

export interface ListedCase extends ApprovedDocument {
  readonly document: CaseDocument;
  readonly attester: Member | null;
}

/**
 * The case, in a list that holds, exactly as it stands there. Throws listInvalid {what} and, for the case,
 * documentMalformed, approverIsApplicant, approverIsEditor, and what checkAttested throws.
 */
export function checkListedCase(
  documentText: string,
  { position, path }: Pick<ListPlace, 'position' | 'path'>,
  signed: SignedList,
): ListedCase {
  const { document: list, approvers, attester, organisation } = signed;
  const document = decodeDocument(documentText);
  if (document.kind !== 'case' || document.ca !== list.ca) throw invalid('case');
  const isSameProfile = document.profile.name === list.profile.name && document.profile.hash === list.profile.hash;
  if (!isSameProfile) throw invalid('profile');
  const digest = digestOf(documentText);
  if (rootOfPath(digest, { position, path, size: list.size }) !== list.root) throw invalid('path');
  approvers.forEach(approver => checkApprover(document, approver));
  if (attester !== null && organisation !== null) checkAttested(document, { attester, organisation });
  return { document, digest, approvers, attester };
}

/** Level by level, leaves first. What is alone at the end of a level rises as it is: the same tree as RFC 6962's. */
function levelsOf(caseDigests: readonly string[]): Buffer[][] {
  let level = caseDigests.map(leafOf);
  const levels = [level];
  while (level.length > 1) {
    level = parentsOf(level);
    levels.push(level);
  }
  return levels;
}

function parentsOf(level: readonly Buffer[]): Buffer[] {
  const parents: Buffer[] = [];
  for (let at = 0; at < level.length; at += 2) {
    const [left, right] = [level[at], level[at + 1]];
    if (left !== undefined) parents.push(right === undefined ? left : nodeOf(left, right));
  }
  return parents;
}

function siblingsOf(levels: readonly (readonly string[])[], position: number): string[] {
  return levels.flatMap((level, height) => level[(position >> height) ^ 1] ?? []);
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
