/** The part of the table in routes.ts that is about bulk jobs. */
import type { Role } from '../people/roles.ts';

type Entry = { readonly allowed: readonly (Role | 'everyone')[] };
const everyone: Entry = { allowed: ['everyone'] };
const lras: Entry = { allowed: ['lra'] };

export const bulkJobRoutes: Readonly<Record<string, Entry>> = {
  'GET /lra/bulk/submit': lras,
  'POST /lra/bulk/submit': lras,
  'GET /lra/bulk/jobs': lras,
  'GET /lra/bulk/jobs/:job': lras,
  'POST /lra/bulk/jobs/:job/pause': lras,
  'POST /lra/bulk/jobs/:job/resume': lras,
  'POST /lra/bulk/jobs/:job/cancel': lras,
  'POST /lra/bulk/jobs/:job/rerun': lras,
  'POST /lra/bulk/jobs/:job/package': lras,
  'POST /lra/bulk/jobs/:job/erase': lras,
  'GET /lra/bulk/jobs/:job/pin-sheet': lras,
  'POST /lra/bulk/jobs/:job/pin-sheet': lras,
  'GET /lra/bulk/custodian': lras,
  'POST /lra/bulk/custodian': lras,

  'GET /officer/jobs/:job': { allowed: ['officer', 'auditor'] },
  'POST /officer/jobs/:job/looks': { allowed: ['officer'] },

  // A mailed code opens it.
  'GET /applications/:id/own-file': everyone,
  'POST /applications/:id/own-file': everyone,
  'POST /applications/:id/own-file/erase': everyone,
};
