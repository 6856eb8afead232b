import { Router } from 'express';
import { PkiError } from '../../ca-core/errors.ts';

/** Where a PKCS#12 can be put to use; each has a page of steps. */
export const systems = ['windows', 'macos', 'ios', 'android', 'linux'] as const;

export function helpPages(): Router {
  const router = Router();
  router.get('/help/import/:system', (request, response) => {
    const system = systems.find(name => name === request.params.system);
    if (system === undefined) throw new PkiError('documentUnknown');
    response.render('help-import', { system, systems });
  });
  router.get('/help/changes', (_request, response) => response.render('help-changes', {}));
  return router;
}
