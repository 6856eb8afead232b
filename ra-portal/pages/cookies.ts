import type { Request, Response } from 'express';
import { PkiError } from '../../ca-core/errors.ts';
import { officerOfSession } from '../officer/sign-in.ts';
import type { PortalParts } from '../parts.ts';
import type { Person } from '../people/person.ts';
import type { PortalSettings } from '../settings.ts';
import { endSession, noteSessionSeen, openSessionOf, type SessionKind } from '../store/sessions.ts';

/** Over https the `__Host-` prefix ties a cookie to this very host. */
export const cookieNameOf = (name: string, { url }: Pick<PortalSettings, 'url'>): string =>
  url.startsWith('https:') ? `__Host-${name}` : name;

export function cookieOf(request: Request, name: string, settings: Pick<PortalSettings, 'url'>): string {
  const value = (request.cookies as Record<string, unknown>)[cookieNameOf(name, settings)];
  return typeof value === 'string' ? value : '';
}

export function setSession(
  response: Response,
  kind: SessionKind,
  { token, settings }: { token: string } & Settings,
): void {
  const secure = settings.url.startsWith('https:');
  response.cookie(cookieNameOf(kind, settings), token, { httpOnly: true, sameSite: 'strict', path: '/', secure });
}

interface Settings {
  readonly settings: PortalSettings;
}

export async function leave(parts: PortalParts, request: Request, response: Response): Promise<void> {
  const { settings, database, clock } = parts;
  const token = cookieOf(request, 'officer', settings);
  if (token !== '') await endSession(database, token, clock.now());
  const secure = settings.url.startsWith('https:');
  response.clearCookie(cookieNameOf('officer', settings), { httpOnly: true, sameSite: 'strict', path: '/', secure });
}

/** Whoever is signed in with an account: everybody but applicants. */
export async function personOf(parts: PortalParts, request: Request): Promise<Person | null> {
  const token = cookieOf(request, 'officer', parts.settings);
  const officer = token === '' ? null : await officerOfSession(parts, token);
  if (officer === null) return null;
  const { id, name, mailbox } = officer;
  return { id, roles: ['officer'], name, mailbox, organisation: null, signedInBy: 'passkey' };
}

/** Seconds after which an applicant enters the code again: without a request, and in all. */
const applicantIdle = 900;
const applicantLongest = 7_200;

/** Whoever opened an application with its access code; the id is the reception number. */
export async function applicantOf(parts: PortalParts, request: Request): Promise<Person | null> {
  const { settings, database, clock } = parts;
  const token = cookieOf(request, 'applicant', settings);
  const session = token === '' ? null : await openSessionOf(database, 'applicant', token);
  const now = clock.now();
  if (session === null) return null;
  if (now - session.seenAt > applicantIdle || now - session.createdAt > applicantLongest) return null;
  if (now - session.seenAt > 30) await noteSessionSeen(database, token, now);
  const { subject: id } = session;
  return { id, roles: ['applicant'], name: '', mailbox: '', organisation: null, signedInBy: 'accessCode' };
}

/** Whether this visitor has opened this application with its access code. */
export async function hasEntered(parts: PortalParts, request: Request, caseId: string): Promise<boolean> {
  return (await applicantOf(parts, request))?.id === caseId;
}

/** Throws notPermitted. */
export async function mustHaveEntered(parts: PortalParts, request: Request, caseId: string): Promise<void> {
  if (!(await hasEntered(parts, request, caseId))) throw new PkiError('notPermitted');
}
