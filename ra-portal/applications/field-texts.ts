/** What may stand in one field. Each takes what was typed and gives what is kept, or throws the refusal that says why not. */
import { PkiError } from '../../ca-core/errors.ts';
import { digits, halfWidth, katakana, spaced } from './as-typed.ts';

const mostCharacters = 64;

/** A name as it is written, with its very characters. */
export const writtenName = (typed: string): string => spaced(plainText(typed));

/** Full-width katakana, whichever kana was typed. */
export function kanaName(typed: string): string {
  const kana = katakana(plainText(typed));
  if (!/^[\p{Script=Katakana}ー・ ]+$/u.test(kana)) throw new PkiError('fieldInvalid');
  return kana;
}

/** Letters and signs of a keyboard; which of them may stand in a certificate is the profile's matter. */
export const romanText = (typed: string): string => halfWidth(plainText(typed));

export const organisationName = (typed: string): string => plainText(typed, 255);

/** `JFBA-12345`: the kind's prefix, and the number without leading zeros. */
export function licenceText(typed: string): string {
  const [, kind = '', number = ''] = /^([A-Z]+[0-9]?-)(.+)$/.exec(halfWidth(present(typed)).toUpperCase()) ?? [];
  const figures = digits(number).replace(/^0+/, '');
  if (!/^[1-9][0-9]{0,7}$/.test(figures)) throw new PkiError('licenceInvalid');
  return kind + figures;
}

/** One mailbox of plain ASCII (RFC 5321 §4.1.2 without quoted strings), its domain in lower case. */
export function mailboxText(typed: string): string {
  const text = halfWidth(present(typed));
  const [, local, domain] = /^([A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64})@([A-Za-z0-9.-]+)$/.exec(text) ?? [];
  const labels = domain?.split('.') ?? [];
  const isDomain = labels.length >= 2 && labels.every(label => /^(?!-)[A-Za-z0-9-]{1,63}(?<!-)$/.test(label));
  const isLocal = local !== undefined && !/^\.|\.\.|\.$/.test(local);
  if (!isDomain || !isLocal || text.length > 254) throw new PkiError('mailboxInvalid');
  return `${local}@${labels.join('.').toLowerCase()}`;
}

export function present(typed: string): string {
  if (typed === '') throw new PkiError('fieldMissing');
  return typed;
}

/** No control or format characters: what an officer sees is all there is. */
function plainText(typed: string, limit = mostCharacters): string {
  if (Array.from(present(typed)).length > limit) throw new PkiError('nameTooLong', { limit });
  if (/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]/u.test(typed)) throw new PkiError('fieldInvalid');
  return typed;
}
