/** Cookies that outlive a visit: which draft is open, which device an application is known on. Each holds a random token. */
import type { Response } from 'express';
import type { PortalSettings } from '../settings.ts';
import { cookieNameOf } from './cookies.ts';

export type KeptCookie = 'draft' | 'device';

/** A device is known for as long as a certificate lasts; seconds. */
export const deviceLifetime = 825 * 86_400;

export function keepCookie(
  response: Response,
  name: KeptCookie,
  { value, seconds, settings }: { readonly value: string; readonly seconds: number; readonly settings: PortalSettings },
): void {
  response.cookie(cookieNameOf(name, settings), value, { ...attributes(settings), maxAge: seconds * 1000 });
}

export function clearKept(response: Response, name: KeptCookie, settings: PortalSettings): void {
  response.clearCookie(cookieNameOf(name, settings), attributes(settings));
}

const attributes = ({ url }: PortalSettings) =>
  ({ httpOnly: true, sameSite: 'strict', path: '/', secure: url.startsWith('https:') }) as const;
