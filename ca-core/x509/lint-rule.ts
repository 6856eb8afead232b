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
