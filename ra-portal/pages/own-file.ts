/** A person's own PKCS#12, behind a mailed link. Looking at the page takes nothing: scanners of mail follow links. */
import { Router, type Request } from 'express';
import { PkiError } from '../../ca-core/errors.ts';
import { eraseOwnFile, takeOwnFile, type MailedCode } from '../bulk/own-file.ts';
import type { PortalParts } from '../parts.ts';
import { idOf } from './applications.ts';
import { textIn } from './body-text.ts';
import { showMistakes } from './field-mistakes.ts';
import { slowDown } from './guards.ts';
import { wantsJson } from './refusals.ts';

export function ownFilePages(parts: PortalParts): Router {
  const router = Router();
  const path = '/applications/:id/own-file';
  router.get(path, (request, response) =>
    response.render('own-file', { caseId: idOf(request), erased: false, mistakes: [] }),
  );
  router.post(path, slowDown(60), async (request, response) => {
    try {
      const file = await takeOwnFile(parts, mailedIn(request));
      response.attachment(`${file.caseId}.p12`).type('application/x-pkcs12');
      response.send(Buffer.from(file.pkcs12 ?? []));
    } catch (error) {
      if (wantsJson(request) || !(error instanceof PkiError) || error.code !== 'mailboxCodeWrong') throw error;
      const mistakes = showMistakes(response, [{ rule: error.code, field: 'code' }]);
      response.status(403).render('own-file', { caseId: idOf(request), erased: false, mistakes });
    }
  });
  router.post(`${path}/erase`, slowDown(60), async (request, response) => {
    await eraseOwnFile(parts, mailedIn(request));
    if (wantsJson(request)) response.status(204).end();
    else response.render('own-file', { caseId: idOf(request), erased: true, mistakes: [] });
  });
  return router;
}

const mailedIn = (request: Request): MailedCode => ({ caseId: idOf(request), code: textIn(request, 'code') });
