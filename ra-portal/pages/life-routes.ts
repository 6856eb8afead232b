/** The part of the table in routes.ts about what follows a certificate to its end and beyond. */
import type { Role } from '../people/roles.ts';

type Entry = { readonly allowed: readonly (Role | 'everyone')[] };
const everyone: Entry = { allowed: ['everyone'] };
const officers: Entry = { allowed: ['officer'] };
const readers: Entry = { allowed: ['officer', 'auditor'] };
const lras: Entry = { allowed: ['lra'] };

export const lifeRoutes: Readonly<Record<string, Entry>> = {
  'GET /applications/:id/renew': everyone,
  'POST /applications/:id/renew': everyone,
  'POST /applications/:id/renew/letter': everyone,
  'POST /officer/cases/:id/evidence/former/:evidence': officers,
  'GET /officer/retention': { allowed: ['officer', 'auditor', 'administrator'] },
  'POST /officer/cases/:id/hold/place': officers,
  'POST /officer/cases/:id/hold/confirm': officers,
  'POST /officer/cases/:id/hold/release': officers,
  'GET /lra/ending': lras,
  'GET /lra/reports/:year': lras,
  'GET /lra/reports/:year/report.csv': lras,
  'POST /lra/reports/:year': lras,
  'GET /officer/lra-reports': readers,
  'GET /officer/lra-reports/:organisation/:year': readers,
  'GET /officer/lra-reports/:organisation/:year/report.csv': readers,
  'GET /access-review': { allowed: ['administrator', 'auditor'] },
  'POST /access-review': { allowed: ['administrator'] },
  'POST /access-review/sign': { allowed: ['administrator'] },
  'POST /lra/cases/:id/renew': lras,
};
