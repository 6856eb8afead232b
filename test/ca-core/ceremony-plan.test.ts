import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCeremonyPlan } from '../../ca-core/ceremony/plan.ts';
import { PkiError } from '../../ca-core/errors.ts';
import { projectRoot } from '../../ca-core/project-root.ts';
import { readPolicies } from '../../ca-core/profiles/read-policies.ts';

const policies = readPolicies(join(projectRoot, 'policies'));
const shipped = readFileSync(join(projectRoot, 'policies', 'ceremony.yaml'), 'utf8');

/** The shipped plan with one thing, or several, changed; what is said against it. */
function mistakesAfter(...changes: readonly (readonly [from: string | RegExp, to: string])[]): unknown {
  const text = changes.reduce((before, [from, to]) => before.replace(from, to), shipped);
  expect(text).not.toBe(shipped);
  try {
    readCeremonyPlan(text, policies);
  } catch (error) {
    return error instanceof PkiError ? error.values.mistakes : error;
  }
  return [];
}

describe('the plan of a ceremony', () => {
  it('is fit as shipped', () => {
    expect(readCeremonyPlan(shipped, policies)).toMatchObject({ root: { crlDays: 365 }, issuing: { name: 'issuing' } });
  });

  it.each([
    [
      'a short RSA key for the root',
      ['algorithm: p-384', 'algorithm: rsa-3072'],
      /root\.algorithm: a new CA's RSA key has 4096/,
    ],
    [
      'a short RSA key for the issuing CA',
      ['algorithm: p-256', 'algorithm: rsa-2048'],
      /issuing\.algorithm: a new CA's RSA/,
    ],
    ['an algorithm that is none', ['algorithm: p-256', 'algorithm: p-257'], /issuing\.algorithm/],
    ['a CRL for longer than 12 months', ['crlDays: 365', 'crlDays: 366'], /root\.crlDays: must be 12 months/],
    ['one operator', ['[operator-1, operator-2]', '[operator-1]'], /^operators/],
    ['one person in two places', ['witnesses: []', 'witnesses: [Operator-1]'], /another person/],
    ['an issuing CA that outlives its root', ['validityDays: 7300', 'validityDays: 3000'], /does not outlive its root/],
    [
      'a validity that the profile does not allow',
      ['validityDays: 7300', 'validityDays: 9000'],
      /root\.validityDays.* allows 7300/,
    ],
    ['a country that is none', ['value: JP', 'value: Japan'], /root\.subject\.0: .*nameTooLong/],
    ['one name for two CAs', ['Kakuin Issuing CA 1', 'Kakuin Root CA 1'], /issuing\.subject: is the name of the root/],
    ['one label for two CAs', ['name: issuing', 'name: root'], /issuing\.name: is the name of the root/],
    ['a key place that is none', ['keys: setting', 'keys: floppy'], /issuing\.keys: must be "file" or a pkcs11: URI/],
    ['a token URI with a PIN in it', ['keys: file', 'keys: "pkcs11:token=a?pin-value=1"'], /root\.keys: pin-value/],
    ['an unknown field', ['crlUrl: setting', 'crlUrl: setting\nocspUrl: http://x'], /ocspUrl/],
    ['a field twice', ['crlUrl: setting', 'crlUrl: setting\ncrlUrl: setting'], /unique/],
  ] as const)('is refused with %s', (_, change, sentence) => {
    expect(mistakesAfter(change)).toEqual(expect.arrayContaining([expect.stringMatching(sentence)]));
  });

  it('has all its mistakes told at once', () => {
    const mistakes = mistakesAfter(
      ['algorithm: p-384', 'algorithm: rsa-2048'],
      ['crlDays: 365', 'crlDays: 400'],
      ['value: JP', 'value: Japan'],
      ['[operator-1, operator-2]', '[]'],
      ['responderKey: here', ''],
    );
    expect(mistakes).toHaveLength(5);
  });
});
