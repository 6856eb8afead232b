/** What the strict DER reader itself refuses: the octets are then no TBSCertificate, and no other rule is asked. */
import type { LintRule } from './rule.ts';

const der: LintRule = {
  id: 'der',
  source: 'X.690 §8–§11; RFC 5280 §4.1',
  level: 'must',
  says: 'The octets are one TBSCertificate in DER and nothing more.',
};

/** What the reader says (`what` of derMalformed), and the rule that it speaks for. */
const spokenFor: readonly (readonly [what: RegExp, rule: LintRule])[] = [
  [/^version$/, rule('version', 'RFC 5280 §4.1.2.1', 'The version is 3.')],
  [
    /^serialNumber$/,
    rule('serialNumber', 'RFC 5280 §4.1.2.2', 'The serial number is positive and has at most 20 octets.'),
  ],
  [
    /^signature algorithm$/,
    rule(
      'signatureAlgorithm',
      'RFC 5280 §4.1.2.3',
      'The signature algorithm is one that this CA uses, its parameters in their one form.',
    ),
  ],
  [
    /^(time|GeneralizedTime before 2050)$/,
    rule(
      'timeForm',
      'RFC 5280 §4.1.2.5',
      'Times are UTCTime through 2049 and GeneralizedTime from 2050, to the second, in Z.',
    ),
  ],
  [/^DEFAULT FALSE encoded$/, rule('defaultEncoded', 'X.690 §11.5', 'A value that is the default is not encoded.')],
  [/^extension .* twice$/, rule('extensionTwice', 'RFC 5280 §4.2', 'An extension stands once.')],
  [/^extensions$/, rule('extensionsEmpty', 'RFC 5280 §4.1.2.9', 'The list of extensions is not empty.')],
];

export const readerRules: readonly LintRule[] = [der, ...spokenFor.map(([, one]) => one)];

/** The rule that stands behind a refusal of the reader. */
export function readerRuleFor(what: string): LintRule {
  return spokenFor.find(([expression]) => expression.test(what))?.[1] ?? der;
}

function rule(id: string, source: string, says: string): LintRule {
  return { id, source, level: 'must', says };
}
