/** How far a mass revocation is: signed, under way, on the CRL. */
import { PkiError } from '../../ca-core/errors.ts';
import { signaturesNeeded, type MassRevocation, type MassRevocationDocument } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';

export type MassState = 'unsigned' | MassRevocation['state'];

export interface MassProgress {
  readonly digest: string;
  readonly document: MassRevocationDocument;
  readonly createdAt: number;
  readonly state: MassState;
  readonly signatures: number;
  readonly needed: number;
  readonly revoked: number;
  readonly leftOut: number;
  readonly refusal: string | null;
  readonly closedAt: number | null;
  /** Whether a CRL that is recorded tells of all of them. */
  readonly isOnCrl: boolean;
  /** The newest CRL of that issuing CA. */
  readonly crl: { readonly crlNumber: number; readonly thisUpdate: number } | null;
}

/** Throws documentUnknown for a document of another kind. */
export async function massProgress({ ca }: Pick<PortalParts, 'ca'>, digest: string): Promise<MassProgress> {
  const stored = await ca.documents.find(digest);
  if (stored?.document.kind !== 'massRevocation') throw new PkiError('documentUnknown');
  const { document, createdAt } = stored;
  const order = await ca.massRevocations.of(digest);
  const crl = await ca.crls.newestMark(document.ca);
  const closedAt = order?.closedAt ?? null;
  return {
    ...{ digest, document, createdAt, closedAt },
    state: order?.state ?? 'unsigned',
    signatures: order === undefined ? (await ca.approvals.of(digest)).length : signaturesNeeded.massRevocation,
    needed: signaturesNeeded.massRevocation,
    revoked: order?.revoked ?? 0,
    leftOut: order?.leftOut ?? 0,
    refusal: order?.refusal?.code ?? null,
    isOnCrl: order?.state === 'applied' && crl !== undefined && crl.thisUpdate >= (closedAt ?? Infinity),
    crl: crl === undefined ? null : { crlNumber: crl.crlNumber, thisUpdate: crl.thisUpdate },
  };
}

/** The newest, signed or not. */
export async function recentMass(parts: Pick<PortalParts, 'ca'>): Promise<readonly MassProgress[]> {
  const awaiting = await parts.ca.documents.awaiting(['massRevocation']);
  const ordered = await parts.ca.massRevocations.newest(mostShown);
  const digests = [...awaiting.map(one => one.digest), ...ordered.map(one => one.digest)];
  const found: MassProgress[] = [];
  for (const digest of new Set(digests)) found.push(await massProgress(parts, digest));
  return found.sort((one, other) => other.createdAt - one.createdAt).slice(0, mostShown);
}

const mostShown = 20;
