/** Which certificates are meant by a list, a key, a profile or an organisation, as the database has them now. */
import { createHash } from 'node:crypto';
import type { RevocationReason } from './approvals/documents.ts';
import { mostRevokedAtOnce } from './approvals/serial-list.ts';
import type { UnixTime } from './clock.ts';
import { PkiError, refusalOf } from './errors.ts';
import type { Policies } from './profiles/read-policies.ts';
import type { CertificateOutline } from './store/outlines.ts';
import type { Store } from './store/store.ts';
import { readCertificate } from './x509/certificate.ts';

export type Choice =
  | { readonly by: 'list'; readonly serialNumbers: readonly string[] }
  /** SHA-256 of the SubjectPublicKeyInfo, hex. */
  | { readonly by: 'key'; readonly key: string }
  | { readonly by: 'profile'; readonly profile: string }
  | { readonly by: 'organisation'; readonly corporateNumber: string };

export interface ChoiceGround {
  readonly store: Pick<Store, 'certificates' | 'issuers' | 'outlines' | 'status'>;
  readonly policies: Pick<Policies, 'profiles'>;
  readonly now: UnixTime;
  /** Told now and then how many certificates were read. */
  readonly told?: (read: number) => void;
}

/** What a revocation for a reason would revoke, and what of the chosen it would not. */
export interface Chosen {
  readonly certificates: readonly CertificateOutline[];
  /** The serial numbers of all that are meant, those left out with them. */
  readonly meant: readonly string[];
  readonly leftOut: {
    /** Revoked before; on hold counts where it would be put on hold again. */
    readonly revoked: number;
    readonly expired: number;
    /** The profile does not know this reason. */
    readonly reasonNotAllowed: number;
    /** Serial numbers of a list under which nothing is recorded. */
    readonly unknown: readonly string[];
  };
}

/** Throws listInvalid {what: tooMany} where more are meant than one document can name. */
export async function chooseCertificates(
  ground: ChoiceGround,
  choice: Choice,
  reason: RevocationReason,
): Promise<Chosen> {
  const meant = await meantBy(ground, choice);
  const revoked = await revokedOf(ground, meant);
  const { profiles } = ground.policies;
  const left = { revoked: 0, expired: 0, reasonNotAllowed: 0 };
  const certificates = meant.filter(one => {
    const standing = revoked.get(`${one.issuer} ${one.serialNumber}`);
    const isDone = standing !== undefined && (standing !== 'certificateHold' || reason === 'certificateHold');
    const isForbidden = profiles.get(one.profile)?.revocationReasons.includes(reason) === false;
    const why = isDone ? 'revoked' : one.notAfter < ground.now ? 'expired' : isForbidden ? 'reasonNotAllowed' : null;
    if (why !== null) left[why]++;
    return why === null;
  });
  const unknown = unknownOf(choice, meant);
  return { certificates, meant: [...meant.map(one => one.serialNumber), ...unknown], leftOut: { ...left, unknown } };
}

const pageSize = 1_000;

async function meantBy(ground: ChoiceGround, choice: Choice): Promise<readonly CertificateOutline[]> {
  const { outlines } = ground.store;
  if (choice.by === 'list') return limited(await outlines.of([...new Set(choice.serialNumbers)]));
  if (choice.by === 'key') return limited(await outlines.of(await withKey(ground, choice.key)));
  const question = choice.by === 'profile' ? { profile: choice.profile } : { corporateNumber: choice.corporateNumber };
  const found: CertificateOutline[] = [];
  for (let after: string | undefined = ''; after !== undefined;) {
    const page = await outlines.page(after, pageSize, question);
    found.push(...page.outlines);
    limited(found);
    ground.told?.(found.length);
    after = page.last;
  }
  return found;
}

/** Every certificate is read: whether it holds the key stands in no column. */
async function withKey({ store, told }: ChoiceGround, key: string): Promise<readonly string[]> {
  const found: string[] = [];
  let read = 0;
  for (const { id } of await store.issuers.list()) {
    for (let after: string | undefined = ''; after !== undefined;) {
      const rows: Awaited<ReturnType<typeof store.certificates.page>> = await store.certificates.page(
        id,
        after,
        pageSize,
      );
      found.push(...rows.filter(row => keyIn(row.certificate) === key).map(row => row.serialNumber));
      read += rows.length;
      told?.(read);
      after = rows.length < pageSize ? undefined : rows.at(-1)?.serialNumber;
    }
  }
  return found;
}

/** A row is what somebody wrote: it must not keep the others from being found. */
function keyIn(certificate: Uint8Array): string | undefined {
  try {
    return createHash('sha256').update(readCertificate(certificate).subjectPublicKeyInfo).digest('hex');
  } catch (error) {
    refusalOf(error);
    return undefined;
  }
}

function limited(found: readonly CertificateOutline[]): readonly CertificateOutline[] {
  if (found.length > mostRevokedAtOnce) throw new PkiError('listInvalid', { what: 'tooMany', most: mostRevokedAtOnce });
  return found;
}

async function revokedOf(
  { store }: ChoiceGround,
  meant: readonly CertificateOutline[],
): Promise<ReadonlyMap<string, RevocationReason>> {
  const revoked = new Map<string, RevocationReason>();
  for (const issuer of new Set(meant.map(one => one.issuer))) {
    const own = meant.filter(one => one.issuer === issuer).map(one => one.serialNumber);
    const found = await store.status.revokedAmong(issuer, own);
    for (const [serialNumber, reason] of found) revoked.set(`${issuer} ${serialNumber}`, reason);
  }
  return revoked;
}

function unknownOf(choice: Choice, meant: readonly CertificateOutline[]): readonly string[] {
  if (choice.by !== 'list') return [];
  const known = new Set(meant.map(one => one.serialNumber));
  return [...new Set(choice.serialNumbers)].filter(one => !known.has(one));
}

/** How many there are of each value, the most first. */
export function countBy<T>(many: readonly T[], of: (one: T) => string): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const one of many) counts.set(of(one), (counts.get(of(one)) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one);
}
