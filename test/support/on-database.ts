import { describe } from 'vitest';
import { usualDatabase } from './a-ca.ts';

/** What is true of one database only is registered only where the tests run on it, so that none is shown as skipped. */
export function describeOn(database: typeof usualDatabase, title: string, tests: () => void): void {
  if (usualDatabase === database) describe(title, tests);
}
