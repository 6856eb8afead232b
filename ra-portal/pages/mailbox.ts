import { Router } from 'express';
import { PkiError } from '../../ca-core/errors.ts';
import { askForMailboxCode, proveMailbox } from '../applications/mailbox-proof.ts';
import type { PortalParts } from '../parts.ts';
import { idOf, pathOf } from './applications.ts';
import { textIn } from './body-text.ts';
import { mustHaveEntered } from './cookies.ts';
import { showMistakes } from './field-mistakes.ts';
import { slowDown } from './guards.ts';
import { wantsJson } from './refusals.ts';

/** The mailed code comes back by this page. Looking at it proves nothing: scanners of mail follow links. */
export function mailboxPages(parts: PortalParts): Router {
  const router = Router();
  const path = '/applications/:id/mailbox';
  router.get(path, (request, response) =>
    response.render('mailbox', { caseId: idOf(request), done: false, mistakes: [] }),
  );
  router.post(path, slowDown(60), async (request, response) => {
    const caseId = idOf(request);
    try {
      await proveMailbox(parts, { caseId, code: textIn(request, 'code') });
    } catch (error) {
      if (wantsJson(request) || !(error instanceof PkiError) || error.code !== 'mailboxCodeWrong') throw error;
      const mistakes = showMistakes(response, [{ rule: error.code, field: 'code' }]);
      response.status(403).render('mailbox', { caseId, done: false, mistakes });
      return;
    }
    if (wantsJson(request)) response.json({ caseId, mailboxProved: true });
    else response.render('mailbox', { caseId, done: true, mistakes: [] });
  });
  router.post(`${path}/letter`, async (request, response) => {
    const caseId = idOf(request);
    await mustHaveEntered(parts, request, caseId);
    await askForMailboxCode(parts, caseId);
    if (wantsJson(request)) response.status(202).json({ caseId });
    else response.redirect(303, `${pathOf(caseId)}?sent`);
  });
  return router;
}
