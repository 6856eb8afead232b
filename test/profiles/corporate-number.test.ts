import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkCorporateNumber, corporateNumberCheckDigit } from '../../ca-core/profiles/corporate-number.ts';
import { refusalOf } from '../support/refusal.ts';

describe('checkCorporateNumber', () => {
  it.each([
    ['1180301018771', 'トヨタ自動車'],
    ['4000012090001', '経済産業省'],
    ['7000012050002', '国税庁'],
    ['7000020100005', '群馬県'],
    ['1010401089234', 'グーグル合同会社'],
    ['3100005006145', '松本商工会議所'],
  ])('knows the true number %s of %s', number => expect(checkCorporateNumber(number)).toBe(number));

  it.each([
    '１１８０３０１０１８７７１',
    '1-1803-0101-8771',
    ' 1 1803 0101 8771 ',
    '1－1803－0101－8771',
    '１ー1803ー0101ー8771',
  ])('reads %s', typed => expect(checkCorporateNumber(typed)).toBe('1180301018771'));

  it('refuses twelve digits without repeating them: they may be a My Number', () => {
    const refusal = refusalOf(() => checkCorporateNumber('１２３４-5678-9018'));
    expect(refusal?.code).toBe('corporateNumberIsTwelveDigits');
    expect(JSON.stringify(refusal?.values)).not.toMatch(/\d/);
  });

  it.each([
    ['1180301018772', 'corporateNumberCheckDigit'],
    ['0180301018771', 'corporateNumberCheckDigit'],
    ['118030101877', 'corporateNumberIsTwelveDigits'],
    ['11803010187711', 'fieldInvalid'],
    ['', 'fieldInvalid'],
    ['118030101877x', 'fieldInvalid'],
  ])('refuses %s as %s', (typed, code) => expect(refusalOf(() => checkCorporateNumber(typed))?.code).toBe(code));

  it('sees every change of one digit but 0 for 9 and 9 for 0', () => {
    const body = fc.stringMatching(/^[0-9]{12}$/);
    const change = fc.record({ at: fc.nat(11), digit: fc.nat(9) });
    const property = fc.property(body, change, (digits, { at, digit }) => {
      const changed = digits.slice(0, at) + String(digit) + digits.slice(at + 1);
      const isBlindSpot = [digits[at], String(digit)].sort().join() === '0,9';
      fc.pre(changed !== digits && !isBlindSpot);
      expect(corporateNumberCheckDigit(changed)).not.toBe(corporateNumberCheckDigit(digits));
    });
    fc.assert(property);
  });
});
