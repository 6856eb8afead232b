import { Router, type Request } from 'express';
import { PkiError } from '../../ca-core/errors.ts';
import type { CertificateRow } from '../../ca-core/index.ts';
import { standingOf } from '../applications/standing.ts';
import type { PortalParts } from '../parts.ts';
import { chainOf, pemOf } from '../pick-up/certificate-files.ts';
import { noteFetched, takeKey } from '../pick-up/take-key.ts';
import { findApplication } from '../store/applications.ts';
import { mustHaveEntered } from './cookies.ts';
import { wantsJson } from './refusals.ts';

/** Pick-up: looking consumes nothing, taking happens once. */
export function pickUpPages(parts: PortalParts): Router {
  const router = Router();
  const path = '/applications/:id/pick-up';
  router.get(path, async (request, response) => {
    const caseId = await entered(parts, request);
    const application = await findApplication(parts.database, caseId);
    if (application?.subjectKey.from !== 'server') throw new PkiError('applicationState', {});
    const standing = await standingOf(parts.ca, application);
    const at = standing.delivery?.pickedUpAt;
    if (at && wantsJson(request)) throw new PkiError('alreadyPickedUp', { at });
    if (at) {
      response.status(410).render('picked-up-before', { application, at });
      return;
    }
    if (standing.certificate === null) throw new PkiError('notYetIssued');
    response.render('pick-up', { application, sealTo: application.subjectKey.sealTo, standing });
  });
  router.post(path, async (request, response) => {
    const caseId = await entered(parts, request);
    response.json(await takeKey(parts, caseId));
  });
  addFiles(router, parts);
  return router;
}

function addFiles(router: Router, parts: PortalParts): void {
  const path = '/applications/:id';
  router.get(`${path}/certificate.cer`, async (request, response) => {
    const { certificate } = await issuedTo(parts, request);
    response.attachment('certificate.cer').type('application/pkix-cert').send(Buffer.from(certificate));
  });
  router.get(`${path}/certificate.pem`, async (request, response) => {
    const { certificate } = await issuedTo(parts, request);
    response.attachment('certificate.pem').type('application/pem-certificate-chain').send(pemOf(certificate));
  });
  router.get(`${path}/chain.pem`, async (request, response) => {
    const { issuer } = await issuedTo(parts, request);
    const chain = (await chainOf(parts.ca, issuer)).map(pemOf).join('');
    response.attachment('chain.pem').type('application/pem-certificate-chain').send(chain);
  });
  router.post(`${path}/fetched`, async (request, response) => {
    await noteFetched(parts, await entered(parts, request));
    response.status(204).end();
  });
}

async function entered(parts: PortalParts, request: Request): Promise<string> {
  const caseId = String(request.params['id']);
  await mustHaveEntered(parts, request, caseId);
  return caseId;
}

async function issuedTo(parts: PortalParts, request: Request): Promise<CertificateRow> {
  const certificate = await parts.ca.certificates.ofCase(await entered(parts, request));
  if (certificate === undefined) throw new PkiError('notYetIssued');
  return certificate;
}
