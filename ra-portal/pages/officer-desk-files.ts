import { Router } from 'express';
import { PkiError } from '../../ca-core/errors.ts';
import { proveEvent } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import { caseEventsOf } from '../store/timeline.ts';
import { mediaTypeOf } from '../uploads/file-kind.ts';
import { drawable, openUpload } from '../uploads/take-upload.ts';

/** What belongs to a case as a file: the applicant's documents, and the proof that an event is in the audit log. */
export function evidenceFiles(parts: PortalParts): Router {
  const router = Router();
  router.get('/officer/cases/:id/documents/:upload', async (request, response) => {
    const { id: owner, upload: id } = request.params;
    const found = await openUpload(parts, { owner, id });
    if (found === null) throw new PkiError('documentUnknown');
    const isOriginal = 'original' in request.query;
    const { kind, file } = isOriginal ? found : drawable(found);
    response.set({
      'Content-Type': mediaTypeOf[kind],
      // Shown as a picture or drawn by the page's script; on its own it can do nothing.
      'Content-Security-Policy': "default-src 'none'; sandbox",
      'Content-Disposition': `${isOriginal || kind === 'heic' ? 'attachment' : 'inline'}; filename="${owner}.${kind}"`,
      'Cross-Origin-Resource-Policy': 'same-origin',
    });
    response.send(file);
  });
  router.get('/officer/cases/:id/events/:seq/proof', async (request, response) => {
    const seq = Number(request.params.seq);
    const events = await caseEventsOf(parts.database, request.params.id);
    if (!events.some(event => event.seq === seq)) throw new PkiError('documentUnknown');
    const proof = await proveEvent(parts.ca.audit, seq);
    if (proof === undefined) throw new PkiError('documentUnknown');
    response.attachment(`event-${seq}.tlog-proof`).type('text/plain; charset=utf-8').send(proof);
  });
  return router;
}
