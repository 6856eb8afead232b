import type { Request, Response } from 'express';
import type { AtWork } from '../officer/at-work.ts';
import type { PortalParts } from '../parts.ts';
import { personIn } from './admission.ts';
import { wantsJson } from './refusals.ts';

export const atWork = (request: Request, response: Response): AtWork => ({
  caseId: String(request.params['id']),
  officer: personIn(response),
});

export const bodyOf = (request: Request): Readonly<Record<string, unknown>> =>
  (request.body ?? {}) as Record<string, unknown>;

/** A step in a case leads back to it. */
export function backToCase(request: Request, response: Response, part = ''): void {
  const { caseId } = atWork(request, response);
  if (wantsJson(request)) response.json({ caseId });
  else response.redirect(303, `/officer/cases/${encodeURIComponent(caseId)}${part}`);
}

/** On to the approval desk, where the document is read and signed. */
export function toDesk({ settings }: PortalParts, response: Response, digest: string): void {
  const location = `${settings.approvalUrl}/documents/${digest}`;
  response.status(303).location(location).json({ digest, location });
}
