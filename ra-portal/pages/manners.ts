/** How one visitor is spoken to: language, times, and what every page needs. Kept in response.locals for the views. */
import { randomBytes } from 'node:crypto';
import type { RequestHandler, Response } from 'express';
import type { Violation } from '../../ca-core/errors.ts';
import type { PortalParts } from '../parts.ts';
import { isLanguage, type Language } from '../words/language.ts';
import { dateText, isWordKey, say, timeText, type WordKey, type WordValues } from '../words/words.ts';

export interface Manners {
  readonly language: Language;
  readonly say: (key: WordKey, values?: WordValues) => string;
  /** The name of a field, also of `nta.closeDate` and its like. */
  readonly label: (field: string) => string;
  /** A broken rule, in words. */
  readonly rule: (violation: Violation) => string;
  readonly time: (at: number) => string;
  readonly date: (at: number) => string;
  /** For the one inline script of a page, its import map. */
  readonly nonce: string;
}

export function speak({ settings, policies, clock }: PortalParts): RequestHandler {
  return (request, response, next) => {
    const asked = request.query['lang'];
    if (isLanguage(asked)) {
      const secure = settings.url.startsWith('https:');
      response.cookie('lang', asked, { sameSite: 'lax', httpOnly: true, secure, maxAge: 365 * 86_400_000 });
    }
    const kept = (request.cookies as Record<string, unknown>)['lang'];
    const language = isLanguage(asked)
      ? asked
      : isLanguage(kept)
        ? kept
        : request.acceptsLanguages('ja', 'en') === 'en'
          ? 'en'
          : 'ja';
    response.vary('Accept-Language').vary('Cookie');
    Object.assign(response.locals, mannersIn(language), {
      path: request.path,
      now: clock.now(),
      publicationUrl: settings.publicationUrl,
      approvalUrl: settings.approvalUrl,
      attribution: policies.register.nta.attribution[language],
      person: null,
      officer: null,
      formToken: '',
    });
    next();
  };
}

export const mannersOf = (response: Response): Manners => response.locals as unknown as Manners;

export function mannersIn(language: Language): Manners {
  const tell = (key: WordKey, values?: WordValues): string => say(language, key, values);
  const label = (field: string): string => labelOf(tell, field);
  return {
    language,
    say: tell,
    label,
    rule: ({ rule, field, found = '' }) => {
      const key = `rule.${rule}`;
      return tell(isWordKey(key) ? key : 'rule.other', { field: label(field), found, rule });
    },
    time: at => timeText(language, at),
    date: at => dateText(language, at),
    nonce: randomBytes(16).toString('base64'),
  };
}

/** `robins.nameEn` → ROBINS: English name. What has no name of its own is shown as it is. */
function labelOf(tell: (key: WordKey) => string, field: string): string {
  const parts = field.split('.');
  const leaf = parts.at(-1) ?? field;
  const key = `field.${leafNames[leaf] ?? leaf}`;
  const name = isWordKey(key) ? tell(key) : leaf;
  if (parts[0] === 'nta' || parts[0] === 'robins') {
    const register = tell(`case.${parts[0]}`);
    return parts.length === 1 ? register : `${register}: ${name}`;
  }
  return parts[0] === 'evidence' ? `${tell('case.evidence')} ${Number(parts[1]) + 1}: ${name}` : name;
}

/** Columns of register records by the name that people know. */
const leafNames: Readonly<Record<string, string>> = {
  nameJa: 'organisationName',
  nameEn: 'organisationNameEn',
  enName: 'organisationNameEn',
  addressJa: 'address',
  prefectureCode: 'prefecture',
  stateOrProvince: 'prefecture',
  closeDate: 'status',
  process: 'status',
  latest: 'status',
  hihyoji: 'status',
  key: 'robinsKey',
  seenAt: 'seenOn',
};
