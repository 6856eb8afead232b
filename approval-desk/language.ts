import type { Request, Response } from 'express';
import type { Language } from './words/languages.ts';

const oneYear = 31_536_000_000;

/** `?lang=` (kept in the cookie `lang`), else the cookie, else Accept-Language, else Japanese. */
export function languageOf(request: Request, response: Response): Language {
  const asked = request.query['lang'];
  if (asked === 'ja' || asked === 'en') {
    response.cookie('lang', asked, { sameSite: 'lax', httpOnly: true, maxAge: oneYear });
    return asked;
  }
  const kept = /(?:^|; *)lang=(ja|en)(?:;|$)/.exec(request.headers.cookie ?? '')?.[1];
  return (kept ?? (request.acceptsLanguages(['ja', 'en']) || 'ja')) as Language;
}
