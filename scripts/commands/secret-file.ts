import { readFileSync } from 'node:fs';
import { PkiError } from '../../ca-core/errors.ts';

/** An operator's secret. Throws settingsInvalid where the file cannot be read. */
export function secretIn(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    throw new PkiError('settingsInvalid', { mistakes: [`The file ${file} cannot be read.`] });
  }
}
