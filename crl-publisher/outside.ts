/** What a relying party gets must be what was put: a cache or another server may stand in between. */
import type { Clock } from '../ca-core/clock.ts';
import { equalBytes, readAnyCrl, type CertificateRevocationList } from '../ca-core/index.ts';
import { PkiError } from '../ca-core/errors.ts';

/** Seconds for which whoever keeps a copy of a CRL may repeat it. */
export const crlMaxAge = 60;

/** What a cache takes beyond that: it asks again when somebody does. */
const grace = 15;

export interface OutsideParts {
  /** Gets a published file over HTTP by its path, which begins with a slash. */
  readonly fetchPublic: (path: string) => Promise<Uint8Array>;
  readonly clock: Clock;
}

/**
 * Whether the list is what can be fetched; false while a cache may still repeat the list before it. Throws crlInvalid
 * where anything else can be fetched, and where one older list outlives its age, however many came after it.
 */
export function openOutside({ fetchPublic, clock }: OutsideParts) {
  const repeated = new Map<string, { readonly crlNumber: bigint; readonly since: number }>();
  const mayRepeat = (path: string, crlNumber: bigint): boolean => {
    const known = repeated.get(path);
    const { since } = known?.crlNumber === crlNumber ? known : { since: clock.now() };
    repeated.set(path, { crlNumber, since });
    return clock.now() - since <= crlMaxAge + grace;
  };
  return async (crl: CertificateRevocationList, path: string): Promise<boolean> => {
    const fetched = await fetchPublic(`/${path}`);
    if (equalBytes(fetched, crl.der)) {
      repeated.delete(path);
      return true;
    }
    const older = listBefore(fetched, crl);
    if (older !== undefined && mayRepeat(path, older.crlNumber)) return false;
    throw new PkiError('crlInvalid', { reason: 'what can be fetched is not what was put', file: path });
  };
}

/** An older list of the same CA. What it says was true; nobody relies on this judgement but for whom to call. */
function listBefore(fetched: Uint8Array, crl: CertificateRevocationList): CertificateRevocationList | undefined {
  try {
    const other = readAnyCrl(fetched);
    return equalBytes(other.issuer, crl.issuer) && other.crlNumber < crl.crlNumber ? other : undefined;
  } catch {
    return undefined;
  }
}
