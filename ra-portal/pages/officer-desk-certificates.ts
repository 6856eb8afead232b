import { Router } from 'express';
import { PkiError } from '../../ca-core/errors.ts';
import { reasonsOf } from '../applications/revoke.ts';
import { makeReleaseDocument, makeRevocationDocument } from '../officer/order-revocation.ts';
import type { PortalParts } from '../parts.ts';
import { personIn } from './admission.ts';
import { bodyOf, toDesk } from './officer-desk-steps.ts';
import { wantsJson } from './refusals.ts';

/** One certificate, and the documents that revoke it or release it from hold. */
export function certificatePages(parts: PortalParts): Router {
  const router = Router();
  const path = '/officer/certificates/:serial';
  router.get(path, async (request, response) => {
    const certificate = await parts.ca.certificates.withSerialNumber(request.params.serial);
    if (certificate === undefined) throw new PkiError('certificateUnknown');
    const { issuer, serialNumber, profile } = certificate;
    const status = await parts.ca.status.of(issuer, serialNumber);
    const revocations = await parts.ca.documents.about('revocation', serialNumber);
    const releases = await parts.ca.documents.about('release', serialNumber);
    const documents = [...revocations, ...releases].sort((one, other) => other.createdAt - one.createdAt);
    if (wantsJson(request)) response.json({ serialNumber, profile, status: status ?? null });
    else response.render('certificate', { certificate, status, documents, reasons: reasonsOf(parts, profile) });
  });
  router.post(`${path}/revocation`, async (request, response) => {
    const wish = { serialNumber: request.params.serial, reason: bodyOf(request)['reason'] };
    toDesk(parts, response, await makeRevocationDocument(parts, personIn(response), wish));
  });
  router.post(`${path}/release`, async (request, response) => {
    toDesk(parts, response, await makeReleaseDocument(parts, personIn(response), request.params.serial));
  });
  return router;
}
