import type { Language } from '../words/language.ts';
import { say } from '../words/words.ts';
import type { BulkFault } from './bulk-row.ts';
import { titleOf } from './columns.ts';

/** What is wrong. */
export const ruleText = (language: Language, { rule, values }: BulkFault): string =>
  say(language, `bulk.rule.${rule}`, values);

/** What mends it. */
export const hintText = (language: Language, { rule, values }: BulkFault): string =>
  say(language, `bulk.hint.${rule}`, values);

/** `E フリガナ`, or what of the row is meant. */
export function placeText(language: Language, { column, field, row }: BulkFault): string {
  const title = field === null ? '' : titleOf(field)[language];
  const whole = say(language, row === 0 ? 'bulk.wholeTable' : 'bulk.wholeRow');
  return [column, title].filter(part => part !== '').join(' ') || whole;
}

/** In one line, for a cell of the error file; it never begins like a formula. */
export const faultText = (language: Language, fault: BulkFault): string =>
  language === 'ja'
    ? `【${placeText(language, fault)}】${ruleText(language, fault)}：${hintText(language, fault)}`
    : `[${placeText(language, fault)}] ${ruleText(language, fault)}: ${hintText(language, fault)}`;
