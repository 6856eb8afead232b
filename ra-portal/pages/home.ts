import { Router } from 'express';

export function homePage(): Router {
  const router = Router();
  router.get('/', (_request, response) => response.render('home', {}));
  return router;
}
