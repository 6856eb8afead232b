/** Why a turn failed, in words that operators know; the monitor knows the first ones, too (monitor/look-at-services.ts). */
import { PkiError } from './errors.ts';

export function failureSentence(error: unknown): string {
  if (error instanceof PkiError && error.code === 'tokenUnavailable')
    return `token away: ${String(error.values.reason)}`;
  if (error instanceof PkiError && error.code === 'tablesUnfit')
    return 'The database is not of this release: run npm run kakuin -- database migrate with this release or a later one.';
  return error instanceof Error ? error.message : String(error);
}
