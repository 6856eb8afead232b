/** The JSON API's part of the table in routes.ts. What a token or certificate may do of it, its scopes say besides. */
import type { Role } from '../people/roles.ts';

type Entry = { readonly allowed: readonly (Role | 'everyone')[] };
const everyone: Entry = { allowed: ['everyone'] };
const lras: Entry = { allowed: ['lra'] };
const officers: Entry = { allowed: ['officer'] };
const readers: Entry = { allowed: ['officer', 'auditor'] };
const stations: Entry = { allowed: ['station'] };
const cardPreparers: Entry = { allowed: ['station', 'officer', 'lra'] };

export const apiRoutes: Readonly<Record<string, Entry>> = {
  'GET /api/v1/openapi.json': everyone,
  'GET /api/v1/problems': everyone,
  'GET /api/v1/problems/:code': everyone,

  'GET /api/v1/profiles': lras,
  'GET /api/v1/applications': lras,
  'POST /api/v1/applications': lras,
  'GET /api/v1/applications/:id': lras,
  'GET /api/v1/applications/:id/timeline': lras,
  'GET /api/v1/applications/:id/documents': lras,
  'POST /api/v1/applications/:id/documents': lras,
  'POST /api/v1/applications/:id/correction': lras,
  'POST /api/v1/applications/:id/invitation': lras,
  'POST /api/v1/applications/:id/withdrawal': lras,

  'GET /api/v1/certificates': lras,
  'GET /api/v1/certificates/:serial': lras,
  'GET /api/v1/certificates/:serial/certificate.cer': lras,
  'GET /api/v1/certificates/:serial/certificate.pem': lras,
  'GET /api/v1/certificates/:serial/chain.pem': lras,
  'POST /api/v1/certificates/:serial/revocations': lras,
  'POST /api/v1/certificates/:serial/release-requests': lras,

  'GET /api/v1/cards': cardPreparers,
  'POST /api/v1/cards': cardPreparers,
  'GET /api/v1/cards/:idm': cardPreparers,
  'POST /api/v1/cards/:idm/confirmation': cardPreparers,
  'POST /api/v1/cards/:idm/binding': cardPreparers,
  'POST /api/v1/cards/:idm/end': cardPreparers,
  'POST /api/v1/cards/:idm/challenges': everyone,
  'POST /api/v1/cards/:idm/passes': everyone,
  'POST /api/v1/cards/:idm/rewraps': everyone,

  'POST /api/v1/station-pairings': everyone,
  'GET /api/v1/station': stations,

  'GET /api/v1/tokens': stations,
  'POST /api/v1/tokens': stations,
  'GET /api/v1/tokens/:serial': stations,
  'GET /api/v1/token-jobs': stations,
  'GET /api/v1/token-jobs/:job': stations,
  'POST /api/v1/token-jobs/:job/take': stations,
  'POST /api/v1/token-jobs/:job/request': stations,
  'GET /api/v1/token-jobs/:job/certificate': stations,
  'POST /api/v1/token-jobs/:job/report': stations,
  'POST /api/v1/token-jobs/:job/letter': stations,

  'GET /api/v1/bulk/custodians': lras,
  'GET /api/v1/bulk/jobs': lras,
  'POST /api/v1/bulk/jobs': lras,
  'GET /api/v1/bulk/jobs/:job': lras,
  'GET /api/v1/bulk/jobs/:job/rows': lras,
  'POST /api/v1/bulk/jobs/:job/pause': lras,
  'POST /api/v1/bulk/jobs/:job/resume': lras,
  'POST /api/v1/bulk/jobs/:job/cancel': lras,
  'POST /api/v1/bulk/jobs/:job/rerun': lras,
  'POST /api/v1/bulk/jobs/:job/files': lras,

  'GET /api/v1/queue': readers,
  'POST /api/v1/queue/claim-next': officers,
  'GET /api/v1/cases/:id': readers,
  'POST /api/v1/cases/:id/claim': officers,
  'POST /api/v1/cases/:id/release': officers,
};
