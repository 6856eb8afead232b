import { join } from 'node:path';
import { Router } from 'express';
import { projectRoot } from '../../ca-core/project-root.ts';

const seal = join(projectRoot, 'ra-portal', 'assets', 'seal.svg');

export function homePage(): Router {
  const router = Router();
  router.get('/', (_request, response) => response.render('home', {}));
  // Browsers ask for it under this name, whatever a page says.
  router.get('/favicon.ico', (_request, response) => response.sendFile(seal));
  return router;
}
