/** Letters about the end of certificates and the reviews that are due: in both languages, without any secret. */
import type { CertificateApplication } from '../applications/application.ts';
import { renewalLink } from '../renewals/renewal-link.ts';
import { languages, type Language } from '../words/language.ts';
import { dateText, say, timeText, type WordKey, type WordValues } from '../words/words.ts';
import type { LetterText } from './letters.ts';

const day = 86_400;

/** `at`: when it is written. */
export function expiryLetter(
  { claim, caseId, language }: CertificateApplication,
  { notAfter, serialNumber, portalUrl, at }: { notAfter: number; serialNumber: string; portalUrl: string; at: number },
): LetterText {
  const link = renewalLink(portalUrl, caseId);
  const days = Math.max(1, Math.ceil((notAfter - at) / day));
  const values = (one: Language): WordValues => ({ caseId, serialNumber, link, days, until: dateText(one, notAfter) });
  return inBoth(claim.mailbox, 'letter.expiry', { first: language, values });
}

/** Holds the code that opens the renewal: asked for by whoever has the link of the notice. */
export function renewalCodeLetter(
  { claim, caseId, language }: CertificateApplication,
  { code, until, portalUrl }: { readonly code: string; readonly until: number; readonly portalUrl: string },
): LetterText {
  const link = `${renewalLink(portalUrl, caseId)}#${code}`;
  const values = (one: Language): WordValues => ({ caseId, code, link, until: timeText(one, until) });
  return inBoth(claim.mailbox, 'letter.renewal', { first: language, values });
}

/** Lists reception numbers alone: names are on the page behind the sign-in. */
export function expiryDigest(
  notices: readonly { readonly caseId: string; readonly notAfter: number }[],
  { mailbox, portalUrl }: { readonly mailbox: string; readonly portalUrl: string },
): LetterText {
  const shown = notices.slice(0, longestList);
  const list = (one: Language): string =>
    shown.map(({ caseId, notAfter }) => `${caseId}  ${dateText(one, notAfter)}`).join('\n');
  const more = (one: Language): string =>
    notices.length > longestList
      ? `\n${say(one, 'letter.expiryDigest.more', { count: notices.length - longestList })}`
      : '';
  const values = (one: Language): WordValues => ({
    count: notices.length,
    list: list(one) + more(one),
    link: `${portalUrl}/lra/ending`,
  });
  return inBoth(mailbox, 'letter.expiryDigest', { first: 'ja', values });
}

const longestList = 50;

export function lraReportLetter({
  mailbox,
  year,
  due,
  portalUrl,
}: {
  readonly mailbox: string;
  readonly year: number;
  readonly due: number;
  readonly portalUrl: string;
}): LetterText {
  const link = `${portalUrl}/lra/reports/${year}`;
  const values = (one: Language): WordValues => ({ year, link, until: dateText(one, due) });
  return inBoth(mailbox, 'letter.lraReport', { first: 'ja', values });
}

export function accessReviewLetter({
  mailbox,
  review,
  due,
  portalUrl,
}: {
  readonly mailbox: string;
  readonly review: string;
  readonly due: number;
  readonly portalUrl: string;
}): LetterText {
  const values = (one: Language): WordValues => ({
    review,
    link: `${portalUrl}/access-review`,
    until: dateText(one, due),
  });
  return inBoth(mailbox, 'letter.accessReview', { first: 'ja', values });
}

type NameIn<Key> = Key extends `${infer Name}.subject` ? Name : never;
/** Every letter that the catalogue has a subject for. */
export type LifeLetter = NameIn<Extract<WordKey, `letter.${string}.subject`>>;

/** The reader's language first, the other below. */
export function inBoth(
  mailbox: string,
  letter: LifeLetter | 'letter.rekey' | 'letter.rekeyReminder',
  { first, values }: { readonly first: Language; readonly values: (language: Language) => WordValues },
): LetterText {
  const [subject, body]: readonly [WordKey, WordKey] = [`${letter}.subject`, `${letter}.body`];
  const order = [first, ...languages.filter(one => one !== first)];
  const text = (one: Language): string => `${say(one, body, values(one))}\n\n${say(one, 'letter.foot')}\n`;
  const subjects = order.map(one => say(one, subject, values(one)));
  return { mailbox, subject: subjects.join(' / '), body: order.map(text).join('\n――――――――――\n\n') };
}
