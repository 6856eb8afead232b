/** A job as officers see it: what was attested, and the rows that were drawn, each to be looked at. */
import { Router } from 'express';
import { PkiError } from '../../ca-core/errors.ts';
import { noteLook, sampleFor } from '../bulk/look-at-sample.ts';
import { decodeName } from '../../ca-core/index.ts';
import { memberNames } from '../officer/queue.ts';
import type { PortalParts } from '../parts.ts';
import { personIn } from './admission.ts';
import { textIn } from './body-text.ts';
import { wantsJson } from './refusals.ts';

export function bulkSamplePages(parts: PortalParts): Router {
  const router = Router();
  router.get('/officer/jobs/:job', async (request, response) => {
    const sample = await sampleFor(parts, personIn(response), request.params.job);
    const names = await memberNames(parts.database);
    const { identity } = parts.policies;
    response.render('bulk-sample', { ...sample, names, identity, subjectText });
  });
  router.post('/officer/jobs/:job/looks', async (request, response) => {
    const position = Number(textIn(request, 'position') || NaN);
    if (!Number.isSafeInteger(position)) throw new PkiError('fieldInvalid', { field: 'position' });
    await noteLook(parts, personIn(response), { jobId: request.params.job, position });
    if (wantsJson(request)) response.status(201).json({ position });
    else response.redirect(303, `/officer/jobs/${encodeURIComponent(request.params.job)}#row-${position}`);
  });
  return router;
}

/** The name that the certificate will hold, in the encoded order. */
const subjectText = (subject: string): string =>
  decodeName(Buffer.from(subject, 'hex'))
    .map(({ type, value }) => `${type}=${value}`)
    .join(', ');
