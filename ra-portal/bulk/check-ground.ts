/** What a table is checked against: fetched once, before its first row. Nothing here or behind it writes. */
import type { UnixTime } from '../../ca-core/clock.ts';
import type {
  CaseDocument,
  CertificateProfile,
  EvidenceRecord,
  IdentityMethod,
  IdentityDocument,
  Policies,
  RegisterRecords,
} from '../../ca-core/index.ts';
import { methodsOn } from '../uploads/documents-for.ts';
import type { BulkField } from './columns.ts';

/** A mailbox of the organisation that is spoken for. */
export interface HeldMailbox {
  readonly caseId: string;
  /** Unix seconds; null for an application that is still open. */
  readonly notAfter: number | null;
}

/** Said of all rows of a table that has no column for it. */
export type Defaults = Readonly<Partial<Record<BulkField, string>>>;

export interface CheckGround {
  readonly policies: Policies;
  readonly profile: CertificateProfile;
  readonly now: UnixTime;
  /** The LRA's own organisation, and no other. */
  readonly organisation: string;
  /** What the registers say of it now; null for a register that does not know it. */
  readonly register: RegisterRecords;
  /** What officers saw of the organisation's mail domains, where the registers do not list them. */
  readonly domainEvidence: ReadonlyMap<string, EvidenceRecord>;
  /** How the organisation is written, where officers have confirmed that it is the same (表記ゆれ). */
  readonly confirmedVariations: CaseDocument['confirmedVariations'];
  /** By mailbox in lower case: live certificates and open applications of this profile. */
  readonly held: ReadonlyMap<string, HeldMailbox>;
  /** The LRA's member id, as evidence will name it. */
  readonly lra: string;
  readonly defaults: Defaults;
}

/** Seconds before its end from which a certificate may be followed by another for the same mailbox. */
export const renewedFrom = 90 * 86_400;

/** By its id or either title, without what stands in parentheses, and whatever its width: a document of identity. */
export function documentCalled(name: string, { policies }: Pick<CheckGround, 'policies'>): IdentityDocument | null {
  const documents = policies.identity.documents.filter(({ proves }) => proves === 'identity');
  return documents.find(document => isCalled(document, name)) ?? null;
}

/** The same for a way of seeing one. */
export function methodCalled(name: string, { policies }: Pick<CheckGround, 'policies'>): IdentityMethod | null {
  return policies.identity.methods.find(method => isCalled(method, name)) ?? null;
}

/** Whether an LRA may attest that it saw this document in this way, as of today. */
export function mayAttest(
  method: IdentityMethod,
  document: IdentityDocument,
  { policies, now }: Pick<CheckGround, 'policies' | 'now'>,
): boolean {
  const isToday = methodsOn(policies, now).some(({ id }) => id === method.id);
  return isToday && method.recordedBy.includes('lra') && document.methods.includes(method.id);
}

interface Named {
  readonly id: string;
  readonly title: { readonly ja: string; readonly en: string };
}

const isCalled = ({ id, title }: Named, name: string): boolean =>
  [id, title.ja, title.en].some(one => folded(one) === folded(name));

const folded = (name: string): string =>
  name
    .normalize('NFKC')
    .replace(/\([^)]*\)|\s/g, '')
    .toLowerCase();
