import type { Request, Response } from 'express';
import { PkiError } from '../../ca-core/errors.ts';
import type { PortalParts } from '../parts.ts';
import { signedInBy, type SignedIn } from '../people/accounts.ts';
import type { PortalSettings } from '../settings.ts';
import { endSession } from '../store/sessions.ts';

/** Over https the `__Host-` prefix ties a cookie to this very host. */
export const cookieNameOf = (name: string, { url }: Pick<PortalSettings, 'url'>): string =>
  url.startsWith('https:') ? `__Host-${name}` : name;

export function cookieOf(request: Request, name: string, settings: Pick<PortalSettings, 'url'>): string {
  const value = (request.cookies as Record<string, unknown>)[cookieNameOf(name, settings)];
  return typeof value === 'string' ? value : '';
}

/** `session` is of everybody with an account; an applicant's stands beside it. */
export type SessionCookie = 'session' | 'applicant';

export function setSession(
  response: Response,
  cookie: SessionCookie,
  { token, settings }: { token: string } & Settings,
): void {
  const secure = settings.url.startsWith('https:');
  response.cookie(cookieNameOf(cookie, settings), token, { httpOnly: true, sameSite: 'strict', path: '/', secure });
}

interface Settings {
  readonly settings: PortalSettings;
}

/** Ends both sessions of this visitor. */
export async function leave(parts: PortalParts, request: Request, response: Response): Promise<void> {
  const { settings, database, clock } = parts;
  const secure = settings.url.startsWith('https:');
  for (const cookie of ['session', 'applicant'] as const) {
    const token = cookieOf(request, cookie, settings);
    if (token !== '') await endSession(database, token, clock.now());
    response.clearCookie(cookieNameOf(cookie, settings), { httpOnly: true, sameSite: 'strict', path: '/', secure });
  }
}

/** Whoever is signed in with an account: everybody but applicants. */
export async function accountOf(parts: PortalParts, request: Request): Promise<SignedIn | null> {
  const signedIn = await sessionIn(parts, request, 'session');
  return signedIn?.person.signedInBy === 'accessCode' ? null : signedIn;
}

/** Whoever opened an application with its access code; the id is the reception number. */
export async function applicantOf(parts: PortalParts, request: Request): Promise<SignedIn | null> {
  const signedIn = await sessionIn(parts, request, 'applicant');
  return signedIn?.person.signedInBy === 'accessCode' ? signedIn : null;
}

async function sessionIn(parts: PortalParts, request: Request, cookie: SessionCookie): Promise<SignedIn | null> {
  const token = cookieOf(request, cookie, parts.settings);
  return token === '' ? null : signedInBy(parts, token);
}

/** Whether this visitor has opened this application with its access code. */
export async function hasEntered(parts: PortalParts, request: Request, caseId: string): Promise<boolean> {
  return (await applicantOf(parts, request))?.person.id === caseId;
}

/** Throws notPermitted. */
export async function mustHaveEntered(parts: PortalParts, request: Request, caseId: string): Promise<void> {
  if (!(await hasEntered(parts, request, caseId))) throw new PkiError('notPermitted');
}
