import type { LintRule } from '../../x509/lint-rule.ts';
import type { Reading } from './reading.ts';

export type { LintRule };

/** Where a rule is broken, and by what. */
export interface Finding {
  readonly field: string;
  readonly found?: string;
}

/** A rule over what both readers could read; nothing found means that it holds. */
export interface CertificateRule extends LintRule {
  readonly find: (reading: Reading) => readonly Finding[];
}

export const nothing: readonly Finding[] = [];

/** What stands there although it must not, one finding each. */
export function findings(field: string, found: readonly string[]): readonly Finding[] {
  return found.length === 0 ? nothing : found.map(one => ({ field, found: one }));
}
