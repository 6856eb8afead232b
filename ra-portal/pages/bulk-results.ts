/** What comes out of a job: the package for the LRA, the passwords for their custodian. Neither gets the other. */
import { Router, type Request } from 'express';
import { PkiError } from '../../ca-core/errors.ts';
import { erasePackage, takePackage } from '../bulk/package.ts';
import { keptJob, nextAfter, registerCustodian, sealedPasswords } from '../bulk/pin-sheet.ts';
import type { PortalParts } from '../parts.ts';
import { freshFor } from '../people/api-tokens.ts';
import { custodiansOf } from '../store/custodians.ts';
import { personIn } from './admission.ts';
import { backToJob, steeringIn } from './bulk-jobs.ts';
import { accountOf } from './cookies.ts';

export function bulkResultPages(parts: PortalParts): Router {
  const router = Router();
  router.post('/lra/bulk/jobs/:job/package', async (request, response) => {
    await mustBeFresh(parts, request);
    const stream = await takePackage(parts, steeringIn(request, response));
    response.attachment(`${request.params.job}.zip`).type('application/zip');
    stream.on('error', () => response.destroy());
    stream.pipe(response);
  });
  router.post('/lra/bulk/jobs/:job/erase', async (request, response) => {
    await mustBeFresh(parts, request);
    await erasePackage(parts, steeringIn(request, response));
    backToJob(request, response);
  });
  router.get('/lra/bulk/jobs/:job/pin-sheet', async (request, response) => {
    const job = await keptJob(parts, steeringIn(request, response));
    response.render('pin-sheet', { job });
  });
  router.post('/lra/bulk/jobs/:job/pin-sheet', async (request, response) => {
    await mustBeFresh(parts, request);
    const passwords = await sealedPasswords(parts, steeringIn(request, response), afterIn(request));
    response.json({ passwords, after: nextAfter(passwords) });
  });
  addCustodian(router, parts);
  return router;
}

function addCustodian(router: Router, parts: PortalParts): void {
  router.get('/lra/bulk/custodian', async (_request, response) => {
    const { id, organisation } = personIn(response);
    const known = (await custodiansOf(parts.database, organisation ?? '')).find(({ personId }) => personId === id);
    response.render('custodian', { known: known ?? null });
  });
  router.post('/lra/bulk/custodian', async (request, response) => {
    await mustBeFresh(parts, request);
    await registerCustodian(parts, personIn(response), (request.body as Record<string, unknown>)['publicKey']);
    response.status(201).json({ registered: true });
  });
}

/** Whoever has left a browser open must not find keys or passwords in it. Throws signInStale. */
async function mustBeFresh(parts: PortalParts, request: Request): Promise<void> {
  const since = (await accountOf(parts, request))?.since ?? 0;
  if (parts.clock.now() - since > freshFor) throw new PkiError('signInStale');
}

function afterIn({ body }: Request): number {
  const after = (body as Record<string, unknown> | undefined)?.['after'] ?? 0;
  if (typeof after !== 'number' || !Number.isSafeInteger(after) || after < 0) {
    throw new PkiError('fieldInvalid', { field: 'after' });
  }
  return after;
}
