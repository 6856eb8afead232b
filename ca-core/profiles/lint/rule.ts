import type { Reading } from './reading.ts';

/** One rule of lint. Both levels refuse: `must` and `should` only say how the source puts it. */
export interface LintRule {
  /** What a Violation's `rule` says. */
  readonly id: string;
  /** The document and section that it comes from; `profile` and `house` are our own. */
  readonly source: string;
  readonly level: 'must' | 'should';
  /** What holds where the rule holds, in one sentence. */
  readonly says: string;
}

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
