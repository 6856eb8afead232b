/** Every route of the portal and who may use it: what is not here is answered as if it did not exist. */
import type { Role } from '../people/roles.ts';
import { apiRoutes } from './api-routes.ts';
import { applicantRoutes } from './applicant-routes.ts';
import { bulkCheckRoutes } from './bulk-check-routes.ts';
import { bulkJobRoutes } from './bulk-job-routes.ts';
import { massRoutes } from './mass-routes.ts';
import { lifeRoutes } from './life-routes.ts';
import { usbTokenRoutes } from './usb-token-routes.ts';

/**
 * `everyone` needs no sign-in. An applicant is admitted to the own application only and an LRA to those of the own
 * organisation only: in every path `:id` is a reception number.
 */
export interface RouteRule {
  readonly allowed: readonly (Role | 'everyone')[];
}

export const allow = (...allowed: RouteRule['allowed']): RouteRule => ({ allowed });

const everyone = allow('everyone');
const officers = allow('officer');
/** Auditors read all and change nothing. */
const readers = allow('officer', 'auditor');

const administrators = allow('administrator');
const anyAccount = allow('lra', 'officer', 'caOperator', 'auditor', 'administrator');

/** `METHOD /path` as Express has it; GET stands for HEAD, too. Where two entries fit a request, both must admit it. */
export const routes: Readonly<Record<string, RouteRule>> = {
  'GET /': everyone,
  'GET /assets/tokens.css': everyone,

  ...applicantRoutes,
  ...apiRoutes,
  ...bulkCheckRoutes,
  ...bulkJobRoutes,
  ...massRoutes,
  ...lifeRoutes,
  ...usbTokenRoutes,

  'GET /sign-in': everyone,
  'POST /sign-in': everyone,
  'POST /sign-in/options': everyone,
  'POST /session': everyone,
  'POST /sign-in/certificate': everyone,
  'POST /sign-in/totp': everyone,
  'GET /people': allow('administrator', 'auditor'),
  'POST /people': administrators,
  'GET /people/:person': allow('administrator', 'auditor'),
  'POST /people/:person/changes': administrators,
  'POST /people/:person/suspend': administrators,
  'POST /role-changes/:change/confirm': administrators,
  'POST /role-changes/:change/decline': administrators,

  'GET /operations': allow('caOperator', 'auditor'),

  'GET /account': anyAccount,
  'POST /account/passkeys': allow('lra', 'caOperator', 'auditor', 'administrator'),
  'POST /account/certificate': anyAccount,
  'POST /account/totp': allow('lra'),
  'POST /account/totp/confirm': allow('lra'),
  'GET /account/tokens': allow('lra', 'officer', 'auditor'),
  'POST /account/tokens': allow('lra', 'officer', 'auditor'),
  'POST /account/tokens/:token/end': allow('lra', 'officer', 'auditor'),
  'POST /sign-out': everyone,
  'GET /people/enrol/:link': everyone,
  'POST /people/enrol/:link': everyone,
  'GET /officer/enrol/:invitation': everyone,
  'POST /officer/enrol/:invitation': everyone,

  'GET /officer': readers,
  'POST /officer/claim-next': officers,
  'GET /officer/lists': officers,
  'POST /officer/lists': officers,
  'GET /officer/cases/:id': readers,
  'POST /officer/cases/:id/claim': officers,
  'POST /officer/cases/:id/put-back': officers,
  'POST /officer/cases/:id/evidence': officers,
  'POST /officer/cases/:id/evidence/:evidence/withdraw': officers,
  'POST /officer/cases/:id/variations': officers,
  'POST /officer/cases/:id/register': officers,
  'POST /officer/cases/:id/document': officers,
  'POST /officer/cases/:id/notes': officers,
  'POST /officer/cases/:id/claim-edit': officers,
  'GET /officer/cases/:id/documents/:upload': readers,
  'GET /officer/cases/:id/events/:seq/proof': readers,
  'POST /officer/cases/:id/return': officers,
  'POST /officer/cases/:id/reject': officers,
  'GET /officer/certificates/:serial': readers,
  'POST /officer/certificates/:serial/revocation': officers,
  'POST /officer/certificates/:serial/release': officers,
};

export interface FittingRule extends RouteRule {
  /** The path's parameters, decoded. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** All entries that fit a request: Express may run any of them. */
export function rulesFor(method: string, path: string): readonly FittingRule[] {
  return patterns.flatMap(({ verb, pattern, rule }) => {
    const found = verb === (method === 'HEAD' ? 'GET' : method) ? pattern.exec(path) : null;
    return found === null ? [] : [{ ...rule, parameters: decoded(found.groups ?? {}) }];
  });
}

const patterns = Object.entries(routes).map(([route, rule]) => {
  const [verb = '', path = ''] = route.split(' ');
  const source = path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:(\w+)/g, '(?<$1>[^/]+)');
  return { verb, rule, pattern: new RegExp(`^${source}$`) };
});

function decoded(groups: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decodePart(value)]));
}

/** What cannot be decoded fits no case; Express refuses it itself. */
function decodePart(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return '';
  }
}
