/** What a problem's `type` leads to in a browser; programs get the same from the API itself (api/problem-types.ts). */
import { Router } from 'express';
import { problemTypeList, problemTypeOf } from '../api/problem-types.ts';

export function problemPages(): Router {
  const router = Router();
  const path = '/api/v1/problems';
  router.get(path, (_request, response) => {
    response.render('problems', { problems: problemTypeList() });
  });
  router.get(`${path}/:code`, (request, response) => {
    const problem = problemTypeOf(request.params.code);
    if (problem === null) response.status(404).render('not-found', {});
    else response.render('problem', { problem });
  });
  return router;
}
